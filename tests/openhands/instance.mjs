// The instance: runs the services of the bundle's compose file on the Docker engine.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { DATABASE_SECRET, SANDBOX_SECRET } from './aws.mjs';
import { ask } from './client.mjs';
import { empty, run, waitFor } from './shell.mjs';

const unquoted = (text) => (/^'.*'$/s.test(text) ? text.slice(1, -1).replace(/\\(['\\])/g, '$1') : text);

/** Reads a compose file with a YAML parser. */
async function readCompose(file) {
  const text = await run('/usr/bin/python3', ['-c', 'import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))', file]);
  return JSON.parse(text);
}

/** Reads an environment file like Docker Compose: `docker --env-file` does not support quotes. */
async function readEnvironment(engine, file) {
  const text = await engine.exec('cat', [file]);
  const lines = text.split('\n').filter((line) => /^\w+=/.test(line));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), unquoted(line.slice(line.indexOf('=') + 1))]));
}

const KNOWN = [
  'container_name', 'image', 'restart', 'network_mode', 'user', 'working_dir', 'entrypoint', 'command', 'stop_grace_period', 'volumes',
  'env_file', 'environment', 'extra_hosts', 'cap_drop', 'cap_add', 'security_opt', 'ports', 'depends_on', 'logging', 'healthcheck',
];

/** Returns the `docker create` arguments equivalent to a service of a compose file. */
async function createArguments(engine, service, more) {
  const unknown = Object.keys(service).filter((name) => !KNOWN.includes(name));
  if (unknown.length > 0) throw new Error(`the bench does not support these fields of compose: ${unknown.join(', ')}`);
  const environment = {};
  for (const file of [service.env_file ?? []].flat()) Object.assign(environment, await readEnvironment(engine, file));
  Object.assign(environment, service.environment, more);
  const args = ['create', '--name', service.container_name, '--restart', service.restart ?? 'no', '--network', service.network_mode ?? 'bridge'];
  const each = (flag, values) => [values ?? []].flat().flatMap((value) => [flag, value]);
  args.push(...each('--volume', service.volumes), ...each('--add-host', service.extra_hosts), ...each('--cap-drop', service.cap_drop));
  args.push(...each('--cap-add', service.cap_add), ...each('--security-opt', service.security_opt), ...each('--publish', service.ports));
  if (service.user) args.push('--user', service.user);
  if (service.working_dir) args.push('--workdir', service.working_dir);
  const [entry, ...rest] = [service.entrypoint ?? []].flat();
  if (entry) args.push('--entrypoint', entry);
  for (const [name, value] of Object.entries(environment)) args.push('--env', `${name}=${value}`);
  return [...args, service.image, ...rest, ...[service.command ?? []].flat()];
}

/** Runs the steps of the boot script between unpacking the bundle and starting the services. */
async function prepare(engine, { aws, credentials }) {
  for (const name of ['workspace', '.openhands', 'config/aws']) mkdirSync(join(engine.efs, name), { recursive: true });
  chmodSync(join(engine.efs, 'config'), 0o700);
  for (const [name, secret] of [['database', DATABASE_SECRET], ['sandbox', SANDBOX_SECRET]]) {
    const text = await engine.exec('python3', ['/opt/openhands/environment.py', name], { input: await aws.secret(secret) });
    writeFileSync(join(engine.opt, `${name}.env`), text, { mode: 0o600 });
  }
  // In the format of refresh-sandbox-credentials.
  writeFileSync(join(engine.efs, 'config/aws/config'), `[default]\nregion = ${aws.region}\ncredential_process = cat /run/aws/credentials.json\n`, { mode: 0o644 });
  writeFileSync(join(engine.efs, 'config/aws/credentials.json'), JSON.stringify({ Version: 1, ...credentials }), { mode: 0o644 });
  await engine.exec('/opt/openhands/sandbox-network');
}

/**
 * Starts an instance from the bundle in `/opt/openhands` of the engine: secrets, network and containers.
 * `environment` contains additional variables of the app, for example the AWS endpoint.
 */
export async function startInstance(engine, { aws, credentials, environment = {} }) {
  const instance = { address: engine.at.instance };
  await prepare(engine, { aws, credentials });
  const { services } = await readCompose(join(engine.opt, 'compose.yaml'));
  for (const [name, service] of Object.entries(services)) {
    await engine.docker(await createArguments(engine, service, name === 'openhands' ? environment : {}));
    await engine.docker(['start', service.container_name]);
  }
  instance.app = (path, options) => ask({ host: instance.address, port: 3000, path, ...options });
  instance.logs = async (name = 'openhands-app') => {
    const { stdout, stderr } = await engine.docker(['logs', name], { check: false });
    return `${stdout}${stderr}`;
  };
  /** Waits until the app responds with status 200 at a path. */
  instance.ready = (path = '/alive', seconds = 180) => {
    let state = '';
    const watch = async () => {
      state = (await engine.docker(['inspect', '--format', '{{.RestartCount}} {{.State.Status}}', 'openhands-app'], { check: false })).stdout.trim();
      return (await instance.app(path, { seconds: 5 })).status === 200;
    };
    const failed = () => (/^[1-9]|exited/.test(state) ? `openhands-app exited (${state}); see its log` : undefined);
    return waitFor(`openhands-app at ${path}`, watch, { seconds, every: 250, failed });
  };
  instance.sandboxes = async () => {
    const ids = (await engine.docker(['ps', '--all', '--quiet', '--filter', 'name=oh-agent-server-'])).split('\n').filter(Boolean);
    return ids.length === 0 ? [] : JSON.parse(await engine.docker(['inspect', ...ids]));
  };
  /** Simulates the termination of the instance: only the shared file system, the bucket and the database remain. */
  instance.destroy = async () => {
    await engine.removeContainers();
    await engine.docker(['network', 'rm', 'openhands-sandboxes'], { check: false });
    empty(engine.opt);
  };
  return instance;
}
