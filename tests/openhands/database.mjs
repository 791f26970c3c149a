// A PostgreSQL server in a temporary directory: TLS only, prepared by the database bootstrap.
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { render } from './bundle.mjs';
import { end, run, start, waitFor } from './shell.mjs';

export const NAME = 'openhands';
export const USER = 'openhands_proxy';
export const PORT = 5432;

/** Returns the program directory of the newest version. Debian has a separate directory for each version. */
function programs() {
  const versions = readdirSync('/usr/lib/postgresql').sort((one, other) => Number(one) - Number(other));
  return join('/usr/lib/postgresql', versions.at(-1), 'bin');
}

/** Runs a PostgreSQL program as the user `postgres`; PostgreSQL refuses to run as root. */
const asPostgres = (program, args, options) => run('runuser', ['-u', 'postgres', '--', join(programs(), program), ...args], { cwd: '/', ...options });

/** Starts a server at `host` and applies the bootstrap as a master user without superuser rights, as on RDS. */
export async function startDatabase(host, { password = 'p@ss:/%w' } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'ohinfra-postgres-'));
  const [uid, gid] = ['-u', '-g'].map((one) => Number(spawnSync('id', [one, 'postgres'], { encoding: 'utf8' }).stdout));
  chownSync(folder, uid, gid);
  const [data, log] = [join(folder, 'data'), join(folder, 'log')];
  const pwfile = join(folder, 'password');
  writeFileSync(pwfile, 'postgres', { mode: 0o644 });
  await asPostgres('initdb', ['-D', data, '-U', 'postgres', '-A', 'scram-sha-256', '--no-sync', `--pwfile=${pwfile}`]);
  const [key, certificate] = [join(data, 'server.key'), join(data, 'server.crt')];
  await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/CN=database', '-keyout', key, '-out', certificate]);
  for (const file of [key, certificate]) chownSync(file, uid, gid);
  chmodSync(key, 0o600);
  const access = ['local all all scram-sha-256', 'hostssl all all 0.0.0.0/0 scram-sha-256'];
  writeFileSync(join(data, 'pg_hba.conf'), `${access.join('\n')}\n`);
  const options = [
    `listen_addresses=${host}`, `port=${PORT}`, `unix_socket_directories=${folder}`, 'ssl=on', 'fsync=off', 'max_connections=200',
  ].flatMap((one) => ['-c', one]);
  const server = { host, port: PORT, name: NAME, user: USER, password, folder };
  server.start = async () => {
    const file = openSync(log, 'a');
    // SIGQUIT is an immediate shutdown when the parent process ends.
    const child = start(join(programs(), 'postgres'), ['-D', data, ...options], { user: 'postgres', signal: 'QUIT', cwd: '/', stdio: ['ignore', file, file] });
    closeSync(file);
    server.pid = child.pid;
    const failed = () => (child.exitCode === null ? undefined : server.log().slice(-2000));
    const isReady = async () => (await run('pg_isready', ['-h', folder, '-q'], { check: false })).status === 0;
    await waitFor('PostgreSQL', isReady, { failed });
  };
  server.stop = () => end(server.pid, { signal: 'SIGINT' });
  server.log = () => readFileSync(log, 'utf8');
  /** Runs SQL as a role and returns the output. */
  server.sql = (text, { user = 'postgres', secret = 'postgres', database = NAME } = {}) =>
    run('psql', ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-U', user, '-d', database, '-h', folder], {
      input: text, env: { ...process.env, PGPASSWORD: secret, PGOPTIONS: '-c client_min_messages=warning' },
    });
  server.remove = async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await server.start();
    await server.sql("CREATE ROLE rds_iam; CREATE ROLE master LOGIN CREATEROLE CREATEDB PASSWORD 'master'", { database: 'postgres' });
    await server.sql(`CREATE DATABASE ${NAME} OWNER master`, { database: 'postgres' });
    await server.sql(await render('database', { password }), { user: 'master', secret: 'master' });
  } catch (error) {
    await server.remove();
    throw error;
  }
  return server;
}
