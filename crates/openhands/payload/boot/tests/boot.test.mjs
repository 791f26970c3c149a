import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, test } from 'node:test';

import { DATABASE, Machine, SANDBOX_KEY } from './machine.mjs';

let machine;
beforeEach(() => {
  machine = new Machine();
});
afterEach(() => machine.remove());

const SECRETS = [DATABASE.password, encodeURIComponent(DATABASE.password), SANDBOX_KEY, 'the-registry-password', 'the-sandbox-secret'];
/** What each call is about, without what may change. */
const shape = (calls) => calls.map((call) => call.split(' ').slice(0, 3).join(' '));

/** No secret in what was printed or is called, nor in a file that others can read. */
function keepsSecrets(run) {
  const others = machine.files().filter(({ mode }) => !mode.endsWith('00'));
  for (const secret of SECRETS) {
    assert.ok(!run.output.includes(secret), 'a secret in the output');
    assert.ok(!run.calls.join('\n').includes(secret), 'a secret in a command line');
    for (const { name, text } of others) assert.ok(!text.includes(secret), `a secret in ${name}, which others can read`);
  }
}

describe('the script', () => {
  test('is clean for shellcheck, and short enough', () => {
    for (const text of [machine.script, new Machine({ sandbox_role_arn: null, registry: 'r.example.com' }).script]) {
      const checked = spawnSync('shellcheck', ['--enable=all', '--exclude=SC2310,SC2312,SC2250', '-'], { input: text, encoding: 'utf8' });
      assert.equal(checked.stdout + checked.stderr, '');
      assert.ok(Buffer.from(text).toString('base64').length <= 16 * 1024);
    }
    assert.equal(machine.run().status, 0);
    const refresh = machine.path('opt/openhands/refresh-sandbox-credentials');
    const checked = spawnSync('shellcheck', ['--enable=all', '--exclude=SC2312,SC2250', refresh], { encoding: 'utf8' });
    assert.equal(checked.stdout, '');
  });

  test('makes the machine in order', () => {
    const run = machine.run();
    assert.equal(run.status, 0, run.output);
    assert.deepEqual(shape(run.calls), [
      'dnf -y -q', 'curl -fsSL -m', 'aws s3 cp', 'systemctl enable --now', 'chown root:docker /var/run/docker.sock',
      'amazon-cloudwatch-agent-ctl -a fetch-config', 'ebsnvme-id -b /dev/nvme0n1', 'ebsnvme-id -b /dev/nvme1n1', 'ebsnvme-id -b /dev/nvme2n1',
      'blkid -p /dev/nvme2n1', 'mkfs.xfs -q /dev/nvme2n1', 'blkid -p -s', 'mountpoint -q /data', 'mount /data',
      'mountpoint -q /data/openhands', 'mount /data/openhands', 'aws secretsmanager get-secret-value', 'aws secretsmanager get-secret-value',
      'docker compose pull', 'systemctl daemon-reload', 'systemctl enable --now', 'systemctl enable --now', 'curl -fsS -m', 'curl -fsS -m',
    ]);
    assert.match(machine.read('etc/fstab'), /^UUID=0d0d-uuid \/data xfs defaults,nofail 0 2$/m);
    const efs = 'fs-0123456789abcdef0:/ /data/openhands efs _netdev,tls,iam,accesspoint=fsap-0123456789abcdef0 0 0';
    assert.ok(machine.read('etc/fstab').includes(efs));
    for (const name of ['config', 'workspace', '.openhands']) assert.ok(existsSync(machine.path(`data/openhands/${name}`)));
    assert.match(machine.read('var/log/user-data.log'), /OpenHands answers\n$/);
    keepsSecrets(run);
  });

  test('run again changes nothing', () => {
    machine.run();
    const before = machine.files().filter(({ name }) => !name.startsWith('var/log'));
    const run = machine.run();
    assert.equal(run.status, 0, run.output);
    assert.deepEqual(machine.files().filter(({ name }) => !name.startsWith('var/log')), before);
    const changing = run.calls.filter((call) => /^(mkfs|mount |aws s3|curl .*docker-compose)/.test(call));
    assert.deepEqual(changing, []);
  });

  test('writes secrets into files of root alone, as compose reads them', () => {
    machine.run();
    const lines = (name) => Object.fromEntries(machine.read(name).trim().split('\n').map((line) => line.split(/=(.*)/s).slice(0, 2)));
    const text = (quoted) => quoted.slice(1, -1).replace(/\\(.)/g, '$1');
    const database = lines('opt/openhands/database.env');
    assert.equal(machine.mode('opt/openhands/database.env'), '600');
    assert.equal(machine.mode('opt/openhands/sandbox.env'), '600');
    assert.deepEqual(Object.keys(database), ['DB_HOST', 'DB_PORT', 'DB_NAME', 'DB_USER', 'DB_PASS', 'DB_SSL', 'DATABASE_URL']);
    assert.equal(text(database.DB_PASS), DATABASE.password);
    assert.deepEqual([database.DB_HOST, database.DB_SSL], ["'proxy.example.com'", "'require'"]);
    const url = new URL(text(database.DATABASE_URL));
    assert.equal(decodeURIComponent(url.password), DATABASE.password);
    assert.equal(`${url.username}@${url.host}${url.pathname}`, 'openhands_proxy@proxy.example.com:5432/openhands');
    const sandbox = lines('opt/openhands/sandbox.env');
    assert.equal(text(sandbox.OH_SECRET_KEY), SANDBOX_KEY);
    const started = { OH_SECRET_KEY: SANDBOX_KEY, AWS_SHARED_CREDENTIALS_FILE: '/data/sandbox-credentials' };
    assert.deepEqual(JSON.parse(text(sandbox.SANDBOX_RUNTIME_STARTUP_ENV_VARS)), started);
  });

  test('logs in to a registry without the password on a command line', () => {
    machine.remove();
    machine = new Machine({ registry: '111111111111.dkr.ecr.us-west-2.amazonaws.com' });
    const run = machine.run();
    assert.equal(run.status, 0, run.output);
    assert.equal(machine.read('state/registry-login'), 'the-registry-password\n');
    keepsSecrets(run);
  });

  test('starts no refresher where sandboxes get no credentials', () => {
    machine.remove();
    machine = new Machine({ sandbox_role_arn: null });
    const run = machine.run();
    assert.equal(run.status, 0, run.output);
    assert.ok(!run.calls.some((call) => call.includes('refresh-sandbox-credentials.timer')));
  });
});

describe('the data volume', () => {
  test('that holds something is never formatted', () => {
    machine.set('formatted', '');
    const run = machine.run();
    assert.equal(run.status, 0, run.output);
    assert.ok(!run.calls.some((call) => call.startsWith('mkfs')));
  });

  test('of which it is not certain what it holds is left alone', () => {
    machine.set('blkid', '8');
    const run = machine.run();
    assert.equal(run.status, 1);
    assert.match(run.output, /it is not certain that \/dev\/nvme2n1 is empty/);
    assert.ok(!run.calls.some((call) => call.startsWith('mkfs')));
  });

  test('is waited for', () => {
    machine.set('fail', '^ebsnvme-id');
    const run = machine.run();
    assert.equal(run.status, 1);
    assert.match(run.output, /no volume is mapped to \/dev\/sdf/);
    assert.equal(run.calls.filter((call) => call.startsWith('ebsnvme-id')).length, 60 * 3);
  });
});

describe('a step that fails', () => {
  for (const [what, pattern, step] of [
    ['packages', '^dnf', 'packages'],
    ['the download of the plugin', '^curl .*docker-compose', "docker's compose plugin"],
    ['the bundle', '^aws s3', 'the bundle of files'],
    ['docker', '^systemctl enable --now docker', 'docker'],
    ['the agent', '^amazon-cloudwatch', 'the CloudWatch agent'],
    ['formatting', '^mkfs', 'the data volume'],
    ['mounting the volume', '^mount /data$', 'the data volume'],
    ['mounting the file system', '^mount /data/openhands', 'the shared file system'],
    ['the database secret', '^aws secretsmanager .*database', 'secrets'],
    ['the sandbox secret', '^aws secretsmanager .*sandbox', 'secrets'],
    ['pulling', '^docker compose pull', 'images'],
    ['systemd', '^systemctl daemon-reload', 'services'],
    ['the service', '^systemctl enable --now openhands$', 'services'],
    ['health', '^curl .*3000', 'waiting until OpenHands answers'],
    ['routing', '^curl .*8080', 'waiting until OpenHands answers'],
  ]) {
    test(`${what} reports and exits 1, and the next run goes on`, () => {
      machine.set('fail', pattern);
      const run = machine.run();
      assert.equal(run.status, 1, run.output);
      const alerts = run.calls.filter((call) => call.startsWith('aws sns publish'));
      assert.equal(alerts.length, 1, run.output);
      assert.match(alerts[0], /--topic-arn arn:aws:sns:us-west-2:111111111111:openhands-alerts/);
      assert.match(alerts[0], new RegExp(`Instance i-0123456789abcdef0 stopped in line [0-9]+ .*, at: ${step}\\.`));
      assert.match(machine.read('var/log/user-data.log'), new RegExp(`FAILED in line [0-9]+: ${step}`));
      keepsSecrets(run);
      machine.set('fail', '');
      assert.equal(machine.run().status, 0);
    });
  }

  test('keeps the files that another run has written', () => {
    machine.run();
    const kept = ['database', 'sandbox'].map((name) => machine.read(`opt/openhands/${name}.env`));
    machine.set('fail', '^aws secretsmanager');
    assert.equal(machine.run().status, 1);
    assert.deepEqual(['database', 'sandbox'].map((name) => machine.read(`opt/openhands/${name}.env`)), kept);
  });

  test('may succeed the next time', () => {
    machine.set('fail', '^(dnf|aws s3|docker compose pull)');
    const tries = machine.run().calls.filter((call) => call.startsWith('dnf'));
    assert.equal(tries.length, 5);
  });

  test('a plugin or a bundle that is not the right one is refused', () => {
    assert.equal(machine.run(undefined, { plugin: 'another plugin' }).status, 1);
    assert.ok(!existsSync(machine.path('.local/lib/docker/cli-plugins/docker-compose')));
    machine.append('state/bundle.zip', 'x');
    const run = machine.run();
    assert.equal(run.status, 1);
    assert.match(run.output, /FAILED in line [0-9]+: the bundle of files/);
    assert.ok(!existsSync(machine.path('opt/openhands/compose.yaml')));
  });

  test('says so even when the alert cannot be sent', () => {
    machine.set('fail', '^(dnf|aws sns|curl)');
    const run = machine.run();
    assert.equal(run.status, 1);
    assert.match(run.output, /the alert could not be sent/);
    assert.match(run.calls.find((call) => call.startsWith('aws sns')), /Instance unknown/);
  });
});

describe('the compose file', () => {
  test('is YAML with the documented services, mounts and variables', () => {
    machine.run();
    const program = 'import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout)';
    const made = spawnSync('/usr/bin/python3', ['-c', program, machine.path('opt/openhands/compose.yaml')], { encoding: 'utf8' });
    assert.equal(made.stderr, '');
    const { services } = JSON.parse(made.stdout);
    assert.deepEqual(Object.keys(services).sort(), ['openhands', 'openresty', 'watchtower']);
    const { openhands, openresty, watchtower } = services;
    assert.deepEqual([openhands.container_name, openresty.container_name], ['openhands-app', 'openresty-proxy']);
    assert.deepEqual(openhands.volumes, [
      '/var/run/docker.sock:/var/run/docker.sock', '/data/openhands/.openhands:/root/.openhands',
      '/data/openhands/workspace:/data/openhands/workspace', '/opt/openhands/config.toml:/app/config.toml:ro',
    ]);
    assert.deepEqual(Object.keys(openhands.environment).sort(), [
      'AGENT_ENABLE_BROWSING', 'AGENT_ENABLE_MCP', 'AGENT_SERVER_IMAGE_REPOSITORY', 'AGENT_SERVER_IMAGE_TAG', 'AWS_DEFAULT_REGION', 'AWS_REGION',
      'AWS_S3_BUCKET', 'FILE_STORE', 'FILE_STORE_PATH', 'HIDE_LLM_SETTINGS', 'LLM_AWS_REGION_NAME', 'LLM_MODEL', 'LOG_ALL_EVENTS',
      'SANDBOX_DOCKER_RUNTIME_KWARGS', 'SANDBOX_RUNTIME_CONTAINER_IMAGE', 'SANDBOX_USER_ID', 'SANDBOX_VOLUMES', 'USER_CONFIG_ENABLED',
      'USER_SECRETS_KMS_KEY_ID', 'WORKSPACE_BASE', 'WORKSPACE_MOUNT_PATH',
    ]);
    for (const [name, value] of Object.entries(openhands.environment)) assert.equal(typeof value, 'string', name);
    const rw = '/data/openhands/workspace:/workspace:rw,/data/openhands/config/sandbox-credentials:/data/sandbox-credentials:ro';
    assert.equal(openhands.environment.SANDBOX_VOLUMES, rw);
    assert.ok(openresty.volumes.includes('/var/run/docker.sock:/var/run/docker.sock:ro'));
    assert.deepEqual(openresty.ports, ['8080:8080']);
    assert.deepEqual(watchtower.command, ['--cleanup', '--interval', '86400', 'openhands-app', 'openresty-proxy']);
  });
});

describe('the refresher of sandbox credentials', () => {
  const FILE = 'data/openhands/config/sandbox-credentials';
  const REFRESH = '/opt/openhands/refresh-sandbox-credentials';

  test('replaces the file as a whole, for root alone, with what the role gives', () => {
    machine.run();
    const run = machine.run(REFRESH);
    assert.equal(run.status, 0, run.output);
    assert.equal(machine.mode(FILE), '600');
    assert.equal(
      machine.read(FILE),
      '[default]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = the-sandbox-secret\naws_session_token = the-sandbox-token\nregion = us-west-2\n',
    );
    for (const words of ['--external-id openhands-sandbox', '--duration-seconds 900', '--role-arn arn:aws:iam::111111111111:role/sandbox']) {
      assert.ok(run.calls[0].includes(words), words);
    }
    keepsSecrets(run);
  });

  test('keeps the old ones when AWS gives none, and leaves nothing behind', () => {
    machine.run();
    writeFileSync(machine.path(FILE), 'old');
    machine.set('fail', '^aws sts');
    assert.notEqual(machine.run(REFRESH).status, 0);
    assert.equal(machine.read(FILE), 'old');
    assert.deepEqual(machine.files('data/openhands/config').map(({ name }) => name), [FILE]);
  });
});
