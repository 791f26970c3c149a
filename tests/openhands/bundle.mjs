// The boot bundle of an instance, rendered by the code of this checkout.
import { chmodSync, cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { DATABASE_SECRET, ORIGIN_SECRET, SANDBOX_SECRET } from './aws.mjs';
import { imageTags } from './images.mjs';
import { ROOT, empty, run } from './shell.mjs';

const PAYLOAD = join(ROOT, 'crates/openhands/payload');
/** The sources of the overlay; OHINFRA_OVERLAY replaces them during development. */
const OVERLAY = process.env.OHINFRA_OVERLAY ?? join(PAYLOAD, 'overlay');
const SCRIPTS = ['sandbox-network', 'refresh-sandbox-credentials', 'openhands-health', 'openhands-update'];

/** Renders one piece of the payload with the example program. Returns its standard output. */
export function render(piece, values, folder) {
  const program = process.env.OHINFRA_RENDER_PAYLOAD;
  if (!program) throw new Error('OHINFRA_RENDER_PAYLOAD is not set: run `cargo xtask openhands`');
  return run(program, [piece, ...(folder ? [folder] : [])], { input: JSON.stringify(values) });
}

/** Returns the Docker daemon settings of an instance. */
export const daemonSettings = () => JSON.parse(readFileSync(join(PAYLOAD, 'boot/bundle/daemon.json'), 'utf8'));

/** Returns the boot values of the bench. `sandbox` contains limits; other members are fields of `Boot`. */
export async function bootValues({ version, aws, database, hasQuota }, { sandbox = {}, ...more } = {}) {
  const tags = await imageTags(version);
  const [openhands_repository, openhands_tag] = tags.app.split(/:(?=[^:]*$)/);
  const [agent_server_repository, agent_server_tag] = tags.agentServer.split(/:(?=[^:]*$)/);
  return {
    region: aws.region, data_bucket: aws.bucket, user_secrets_key_id: aws.keyId, origin_secret: ORIGIN_SECRET, sandbox_secret: SANDBOX_SECRET,
    database_secret: DATABASE_SECRET, database_host: database.host, database_port: database.port, database_name: database.name,
    openhands_repository, openhands_tag, agent_server_repository, agent_server_tag,
    model: 'bedrock/global.anthropic.claude-sonnet', allowed_models: ['anthropic.claude-*', '*.anthropic.claude-*', 'bench-model'],
    sandbox: {
      memory_mb: 1024, cpus: 1.0, processes: 512, disk_gb: hasQuota ? 2 : 0, idle_minutes: 60, retention_days: 0, per_user: 3, ...sandbox,
    },
    ...more,
  };
}

/** Writes the bundle in the layout of an instance. */
export async function writeBundle(folder, values) {
  empty(folder);
  await render('bundle', values, folder);
  for (const name of SCRIPTS) chmodSync(join(folder, name), 0o755);
}

const SETTINGS = 'overlay/settings.json';

/** Returns the overlay settings of a bundle. */
export const readSettings = (folder) => JSON.parse(readFileSync(join(folder, SETTINGS), 'utf8'));

/** Writes the current overlay, the modules shared with the user-configuration function, and settings into a bundle. */
export function writeOverlay(folder, settings) {
  for (const [from, to] of [[join(OVERLAY, 'ohinfra_overlay'), 'ohinfra_overlay'], [join(OVERLAY, '../user-config/function/user_data'), 'user_data']]) {
    empty(join(folder, 'overlay', to));
    cpSync(from, join(folder, 'overlay', to), { recursive: true });
  }
  writeFileSync(join(folder, SETTINGS), JSON.stringify(settings));
}
