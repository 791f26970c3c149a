// The boot bundle of an instance: rendered, or — until the rendering of this checkout can do it — written by hand to the same form.
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ORIGIN_SECRET } from './aws.mjs';
import { AGENT_SERVER_REPOSITORY, APP_REPOSITORY, OPENRESTY_IMAGE, agentServerVersion } from './images.mjs';
import { ROOT, empty } from './shell.mjs';

/** Where the payload's sources are; another checkout's while it is ahead. */
const PAYLOAD = process.env.OHINFRA_PAYLOAD ?? join(ROOT, 'crates/openhands/payload');
const OVERLAY = process.env.OHINFRA_OVERLAY ?? join(PAYLOAD, 'overlay');

/** The overlay's settings, as in its document. */
export function settings({ version, aws, model = 'bedrock/global.anthropic.claude-sonnet', disk = 0, sandbox = {} }) {
  return {
    region: aws.region, data_bucket: aws.bucket, user_secrets_key_id: aws.keyId, origin_secret: ORIGIN_SECRET,
    openhands_version: version, model, allowed_models: ['anthropic.claude-*', '*.anthropic.claude-*', 'bench-model'],
    workspace: '/data/openhands/workspace', health_log: true, mcp_servers: { shttp_servers: [], stdio_servers: [] },
    sandbox: {
      network: 'openhands-sandboxes', host_address: '172.30.0.1', door_port: 3001, credentials: '/data/openhands/config/aws',
      memory_mb: 1024, cpus: 1.0, processes: 512, disk_gb: disk, idle_minutes: 60, retention_days: 0, per_user: 3, start_seconds: 120,
      ...sandbox,
    },
  };
}

/** The overlay with its settings, and what it shares with the user-configuration function. */
export function writeOverlay(folder, values) {
  empty(join(folder, 'overlay'));
  cpSync(OVERLAY, join(folder, 'overlay'), { recursive: true });
  const shared = join(OVERLAY, '../user-config/function/user_data');
  if (existsSync(shared)) cpSync(shared, join(folder, 'overlay/user_data'), { recursive: true });
  writeFileSync(join(folder, 'overlay/settings.json'), JSON.stringify(values, null, 2));
}

/** Writes the bundle into a folder by hand. */
export function writeBundle(folder, { version, aws, ...more }) {
  empty(folder);
  const values = settings({ version, aws, ...more });
  writeOverlay(folder, values);
  cpSync(join(PAYLOAD, 'routing/lua'), join(folder, 'lua'), { recursive: true });
  writeFileSync(join(folder, 'nginx.conf'), nginx(values));
  const network = join(PAYLOAD, 'boot/bundle/sandbox-network');
  if (existsSync(network)) cpSync(network, join(folder, 'sandbox-network'));
  writeFileSync(join(folder, 'compose.yaml'), JSON.stringify(compose(values), null, 2));
  return values;
}

function nginx({ sandbox }) {
  const values = {
    lua_folder: '/usr/local/openresty/ohinfra', docker_socket: '/var/run/docker.sock', listen: '8080', app_address: '127.0.0.1:3000',
    door: `${sandbox.host_address}:${sandbox.door_port}`, '"true" if public_access else "false"': 'false',
  };
  return readFileSync(join(PAYLOAD, 'routing/nginx.conf.tmpl'), 'utf8').replace(/\{\{ (.*?) \}\}/g, (whole, name) => values[name] ?? whole);
}

/** JSON is YAML. */
function compose({ openhands_version: version, region, workspace }) {
  return {
    name: 'openhands',
    services: {
      openhands: {
        container_name: 'openhands-app', image: `${APP_REPOSITORY}:${version}`, restart: 'unless-stopped', network_mode: 'host', user: 'root',
        working_dir: '/app', entrypoint: ['uvicorn'], command: ['ohinfra_overlay.app:app', '--host', '0.0.0.0', '--port', '3000'],
        volumes: [
          '/var/run/docker.sock:/var/run/docker.sock', '/data/openhands/.openhands:/root/.openhands', `${workspace}:${workspace}`,
          '/opt/openhands/overlay:/opt/ohinfra:ro',
        ],
        env_file: ['/opt/openhands/database.env', '/opt/openhands/sandbox.env'],
        environment: {
          OPENHANDS_CONFIG_CLS: 'ohinfra_overlay.server_config.OhinfraServerConfig', PYTHONPATH: '/opt/ohinfra',
          OH_PERSISTENCE_DIR: '/root/.openhands', AGENT_SERVER_IMAGE_REPOSITORY: AGENT_SERVER_REPOSITORY,
          AGENT_SERVER_IMAGE_TAG: `${agentServerVersion(version)}-python`, AWS_DEFAULT_REGION: region, AWS_REGION_NAME: region,
          OHINFRA_SETTINGS: '/opt/ohinfra/settings.json',
        },
      },
      openresty: {
        container_name: 'openresty-proxy', image: OPENRESTY_IMAGE, restart: 'unless-stopped', network_mode: 'host', cap_drop: ['ALL'],
        cap_add: ['SETGID', 'SETUID'], security_opt: ['no-new-privileges:true'],
        volumes: [
          '/var/run/docker.sock:/var/run/docker.sock:ro', '/opt/openhands/nginx.conf:/usr/local/openresty/nginx/conf/nginx.conf:ro',
          '/opt/openhands/lua:/usr/local/openresty/ohinfra:ro',
        ],
      },
    },
  };
}
