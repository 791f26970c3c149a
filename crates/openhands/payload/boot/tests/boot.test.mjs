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
/** Returns the first three words of each call, without variable parts. */
const shape = (calls) => calls.map((call) => call.split(' ').slice(0, 3).join(' '));

/** Checks that the output, command lines and readable files contain no secrets. */
function keepsSecrets(run) {
  const others = machine.files().filter(({ mode }) => !mode.endsWith('00'));
  for (const secret of SECRETS) {
    assert.ok(!run.output.includes(secret), 'a secret in the output');
    assert.ok(!run.calls.join('\n').includes(secret), 'a secret in a command line');
    for (const { name, text } of others) assert.ok(!text.includes(secret), `a secret in ${name}, which is readable by others`);
  }
}

const HOME = 'opt/openhands';
const shellcheck = (text, exclude) =>
  spawnSync('shellcheck', ['--enable=all', `--exclude=${exclude}`, '-'], { input: text, encoding: 'utf8' });

describe('the script', () => {
  test('passes shellcheck and the size limit', () => {
    for (const text of [machine.script, new Machine({ auto_update: true, registry: 'r.example.com' }).script]) {
      const checked = shellcheck(text, 'SC2310,SC2312,SC2250');
      assert.equal(checked.stdout + checked.stderr, '');
      assert.ok(Buffer.from(text).toString('base64').length <= 16 * 1024);
    }
    assert.equal(machine.run().status, 0);
    for (const name of ['refresh-sandbox-credentials', 'sandbox-network', 'openhands-health', 'openhands-update']) {
      assert.equal(machine.mode(`${HOME}/${name}`), '755', name);
      const checked = shellcheck(machine.read(`${HOME}/${name}`), 'SC2310,SC2312,SC2250');
      assert.equal(checked.stdout, '', name);
    }
  });

  test('configures the instance in order', () => {
    const run = machine.run();
    assert.equal(run.status, 0, run.output);
    assert.deepEqual(shape(run.calls), [
      'dnf -y -q', 'curl -fsSL -m', 'aws s3 cp', 'amazon-cloudwatch-agent-ctl -a fetch-config', 'ebsnvme-id -b /dev/nvme0n1',
      'ebsnvme-id -b /dev/nvme1n1', 'ebsnvme-id -b /dev/nvme2n1', 'blkid -p /dev/nvme2n1', 'mkfs.xfs -q /dev/nvme2n1', 'blkid -p -s',
      'mountpoint -q /data', 'mount /data', 'systemctl daemon-reload', 'systemctl enable --now', 'chown root:docker /var/run/docker.sock',
      'mountpoint -q /data/openhands', 'mount /data/openhands', 'aws secretsmanager get-secret-value', 'aws secretsmanager get-secret-value',
      'docker pull --quiet', 'docker compose pull', 'systemctl daemon-reload', 'systemctl start refresh-sandbox-credentials.service',
      'systemctl enable --now', 'systemctl enable --now', 'systemctl enable --now', 'curl -fsS -m', 'curl -fsS -m',
    ]);
    assert.match(machine.read('etc/fstab'), /^UUID=0d0d-uuid \/data xfs defaults,pquota,nofail 0 2$/m);
    const efs = 'fs-0123456789abcdef0:/ /data/openhands efs _netdev,tls,iam,accesspoint=fsap-0123456789abcdef0 0 0';
    assert.ok(machine.read('etc/fstab').includes(efs));
    for (const name of ['config', 'workspace', '.openhands']) assert.ok(existsSync(machine.path(`data/openhands/${name}`)));
    assert.equal(machine.mode('data/openhands/config'), '700');
    assert.match(machine.read('var/log/user-data.log'), /OpenHands is healthy\n$/);
    keepsSecrets(run);
  });

  test('stores Docker data on the data volume and sets up the firewall first', () => {
    machine.run();
    const daemon = JSON.parse(machine.read('etc/docker/daemon.json'));
    assert.equal(daemon['data-root'], '/data/docker');
    // Only this driver supports disk limits of containers.
    assert.deepEqual([daemon['storage-driver'], daemon.features['containerd-snapshotter']], ['overlay2', false]);
    const unit = machine.read('etc/systemd/system/docker.service.d/openhands.conf');
    assert.match(unit, /^RequiresMountsFor=\/data$/m);
    assert.match(unit, /^ExecStartPre=\/opt\/openhands\/sandbox-network firewall$/m);
    assert.match(machine.read('etc/systemd/system/openhands.service'), /^ExecStartPre=\/opt\/openhands\/sandbox-network$/m);
    const agent = JSON.parse(machine.read(`${HOME}/cloudwatch-agent.json`));
    const paths = agent.logs.logs_collected.files.collect_list.map((file) => file.file_path);
    assert.deepEqual(paths, ['/var/log/user-data.log', '/data/docker/containers/*/*-json.log', '/var/log/openhands-health.log']);
    // Without this setting the agent follows only the newest matching file, the log of one container.
    const several = agent.logs.logs_collected.files.collect_list.filter((file) => file.file_path.includes('*'));
    assert.deepEqual(several.map((file) => file.publish_multi_logs), [true]);
  });

  test('pulls the sandbox image in advance', () => {
    const { calls } = machine.run();
    assert.ok(calls.includes('docker pull --quiet ghcr.io/openhands/agent-server:1.34.0-python'));
  });

  test('enables image updates only if configured', () => {
    const timers = () => machine.run().calls.filter((call) => call.includes('openhands-update.timer'));
    assert.deepEqual(timers(), []);
    machine.remove();
    machine = new Machine({ auto_update: true });
    assert.deepEqual(timers(), ['systemctl enable --now openhands-update.timer']);
  });

  test('rejects a plugin or bundle with a different digest', () => {
    assert.equal(machine.run(undefined, { plugin: 'another plugin' }).status, 1);
    assert.ok(!existsSync(machine.path('.local/lib/docker/cli-plugins/docker-compose')));
    machine.append('state/bundle.zip', 'x');
    const run = machine.run();
    assert.equal(run.status, 1);
    assert.match(run.output, /FAILED in line [0-9]+: boot bundle/);
    assert.ok(!existsSync(machine.path('opt/openhands/compose.yaml')));
  });

  test('is idempotent', () => {
    machine.run();
    const before = machine.files().filter(({ name }) => !name.startsWith('var/log'));
    const run = machine.run();
    assert.equal(run.status, 0, run.output);
    assert.deepEqual(machine.files().filter(({ name }) => !name.startsWith('var/log')), before);
    const changing = run.calls.filter((call) => /^(mkfs|mount |aws s3|curl .*docker-compose)/.test(call));
    assert.deepEqual(changing, []);
  });

  test('writes secrets to files for Docker Compose that only root can read', () => {
    machine.run();
    const lines = (name) => Object.fromEntries(machine.read(name).trim().split('\n').map((line) => line.split(/=(.*)/s).slice(0, 2)));
    const text = (quoted) => quoted.slice(1, -1).replace(/\\(.)/g, '$1');
    const database = lines('opt/openhands/database.env');
    assert.equal(machine.mode('opt/openhands/database.env'), '600');
    assert.equal(machine.mode('opt/openhands/sandbox.env'), '600');
    assert.deepEqual(Object.keys(database), ['DB_HOST', 'DB_PORT', 'DB_NAME', 'DB_USER', 'DB_PASS', 'DB_SSL_MODE']);
    assert.equal(text(database.DB_PASS), DATABASE.password);
    assert.deepEqual([database.DB_HOST, database.DB_SSL_MODE], ["'proxy.example.com'", "'require'"]);
    assert.deepEqual(lines('opt/openhands/sandbox.env'), { OH_SECRET_KEY: `'${SANDBOX_KEY}'` });
  });

  test('logs in to a registry without the password on a command line', () => {
    machine.remove();
    machine = new Machine({ registry: '111111111111.dkr.ecr.us-west-2.amazonaws.com' });
    const run = machine.run();
    assert.equal(run.status, 0, run.output);
    assert.equal(machine.read('state/registry-login'), 'the-registry-password\n');
    keepsSecrets(run);
  });
});

describe('the data volume', () => {
  test('is not formatted if it has data', () => {
    machine.set('formatted', '');
    const run = machine.run();
    assert.equal(run.status, 0, run.output);
    assert.ok(!run.calls.some((call) => call.startsWith('mkfs')));
  });

  test('is not formatted if its state is unknown', () => {
    machine.set('blkid', '8');
    const run = machine.run();
    assert.equal(run.status, 1);
    assert.match(run.output, /cannot determine whether \/dev\/nvme2n1 is empty/);
    assert.ok(!run.calls.some((call) => call.startsWith('mkfs')));
  });

  test('is awaited with a timeout', () => {
    machine.set('fail', '^ebsnvme-id');
    const run = machine.run();
    assert.equal(run.status, 1);
    assert.match(run.output, /no volume is mapped to \/dev\/sdf/);
    assert.equal(run.calls.filter((call) => call.startsWith('ebsnvme-id')).length, 60 * 3);
  });
});

describe('a failing boot step', () => {
  for (const [name, pattern, step] of [
    ['packages', '^dnf', 'packages'],
    ['the Docker Compose plugin', '^curl .*docker-compose', 'Docker Compose plugin'],
    ['the bundle', '^aws s3', 'boot bundle'],
    ['Docker', '^systemctl enable --now docker', 'docker'],
    ['the CloudWatch agent', '^amazon-cloudwatch', 'CloudWatch agent'],
    ['formatting the volume', '^mkfs', 'data volume'],
    ['mounting the volume', '^mount /data$', 'data volume'],
    ['mounting the file system', '^mount /data/openhands', 'shared file system'],
    ['the database secret', '^aws secretsmanager .*database', 'secrets'],
    ['the sandbox secret', '^aws secretsmanager .*sandbox', 'secrets'],
    ['pulling the images', '^docker compose pull', 'images'],
    ['pulling the sandbox image', '^docker pull', 'images'],
    ['the sandbox credentials', '^systemctl start refresh', 'services'],
    ['reloading systemd', '^systemctl daemon-reload', 'docker'],
    ['starting the service', '^systemctl enable --now openhands$', 'services'],
    ['the OpenHands health check', '^curl .*3000', 'health check'],
    ['the routing health check', '^curl .*8080', 'health check'],
  ]) {
    test(`(${name}) is reported, and the next run succeeds`, () => {
      machine.set('fail', pattern);
      const run = machine.run();
      assert.equal(run.status, 1, run.output);
      const alerts = run.calls.filter((call) => call.startsWith('aws sns publish'));
      assert.equal(alerts.length, 1, run.output);
      assert.match(alerts[0], /--topic-arn arn:aws:sns:us-west-2:111111111111:openhands-alerts/);
      assert.match(alerts[0], new RegExp(`Instance i-0123456789abcdef0 failed in line [0-9]+ .*, step: ${step}\\.`));
      const reason = new RegExp(`FAILED in line [0-9]+: ${step}`);
      assert.match(machine.read('var/log/user-data.log'), reason);
      // The alert and the log group contain the cause, even if the agent is not running.
      assert.match(run.calls.join('\n'), new RegExp(`aws sns publish[^]*(simulated failure|does not answer)[^]*${reason.source}`));
      const put = run.calls.find((call) => call.startsWith('aws logs put-log-events'));
      assert.ok(put.includes('--log-group-name /openhands/application --log-stream-name i-0123456789abcdef0/boot-failure'), put);
      const [event] = JSON.parse(machine.read('run/boot-failure.json'));
      assert.match(event.message, reason);
      assert.ok(event.timestamp > 1_600_000_000_000);
      keepsSecrets(run);
      machine.set('fail', '');
      assert.equal(machine.run().status, 0);
    });
  }

  test('keeps files of an earlier run', () => {
    machine.run();
    const kept = ['database', 'sandbox'].map((name) => machine.read(`opt/openhands/${name}.env`));
    machine.set('fail', '^aws secretsmanager');
    assert.equal(machine.run().status, 1);
    assert.deepEqual(['database', 'sandbox'].map((name) => machine.read(`opt/openhands/${name}.env`)), kept);
  });

  test('is retried', () => {
    machine.set('fail', '^(dnf|aws s3|docker compose pull)');
    const tries = machine.run().calls.filter((call) => call.startsWith('dnf -y'));
    assert.equal(tries.length, 5);
  });

  test('leaves no error output in files after a retry', () => {
    for (const [command, file] of [['aws secretsmanager', 'database'], ['aws secretsmanager.*sandbox', 'sandbox']]) {
      machine.set('fail-once', `^${command}`);
      const run = machine.run();
      assert.equal(run.status, 0, run.output);
      assert.match(run.output, /retrying in 5 s/);
      const written = machine.read(`opt/openhands/${file}.env`);
      machine.run();
      assert.equal(machine.read(`opt/openhands/${file}.env`), written);
      assert.doesNotMatch(written, /retrying/);
    }
  });

  test('is logged even if the alert fails', () => {
    machine.set('fail', '^(dnf|aws sns|aws logs|curl)');
    const run = machine.run();
    assert.equal(run.status, 1);
    assert.match(run.output, /failed to send the alert/);
    assert.match(run.output, /failed to write to the log group/);
    assert.match(run.calls.find((call) => call.startsWith('aws sns')), /Instance unknown/);
  });
});

describe('the compose file', () => {
  test('is YAML with the documented services, mounts and variables', () => {
    machine.run();
    const program = 'import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout)';
    const parsed = spawnSync('/usr/bin/python3', ['-c', program, machine.path('opt/openhands/compose.yaml')], { encoding: 'utf8' });
    assert.equal(parsed.stderr, '');
    const { services } = JSON.parse(parsed.stdout);
    assert.deepEqual(Object.keys(services).sort(), ['openhands', 'openresty']);
    const { openhands, openresty } = services;
    assert.deepEqual([openhands.container_name, openresty.container_name], ['openhands-app', 'openresty-proxy']);
    // Only containers on the host network can use the instance role.
    assert.deepEqual([openhands.network_mode, openresty.network_mode], ['host', 'host']);
    assert.equal(openhands.ports ?? openresty.ports, undefined);
    assert.deepEqual(openhands.volumes, [
      '/var/run/docker.sock:/var/run/docker.sock', '/data/openhands/.openhands:/root/.openhands',
      '/data/openhands/workspace:/data/openhands/workspace', '/opt/openhands/overlay:/opt/ohinfra:ro',
    ]);
    assert.deepEqual([openhands.user, openhands.working_dir], ['root', '/app']);
    assert.equal([...openhands.entrypoint, ...openhands.command].join(' '), 'uvicorn ohinfra_overlay.app:app --host 0.0.0.0 --port 3000');
    assert.deepEqual(openhands.environment, {
      AGENT_SERVER_IMAGE_REPOSITORY: 'ghcr.io/openhands/agent-server', AGENT_SERVER_IMAGE_TAG: '1.34.0-python', AWS_DEFAULT_REGION: 'us-west-2',
      AWS_REGION_NAME: 'us-west-2', LOG_ALL_EVENTS: 'true', OHINFRA_SETTINGS: '/opt/ohinfra/settings.json', OH_PERSISTENCE_DIR: '/root/.openhands',
      OPENHANDS_CONFIG_CLS: 'ohinfra_overlay.server_config.OhinfraServerConfig', PYTHONPATH: '/opt/ohinfra:/app',
    });
    assert.ok(openresty.volumes.includes('/var/run/docker.sock:/var/run/docker.sock:ro'));
  });
});

describe('the sandbox network', () => {
  const NETWORK = '/opt/openhands/sandbox-network';
  /** Returns the rules of a chain, in order. */
  const rules = (chain, tool = 'iptables') =>
    machine.read(`state/${tool}-restore`).trim().split('\n').filter((line) => line.startsWith(`-A ${chain} `))
      .map((line) => line.slice(`-A ${chain} `.length));

  beforeEach(() => {
    machine.run();
    for (const name of ['iptables-restore', 'ip6tables-restore', 'chains', 'hooks', 'network']) machine.set(name, '');
  });

  test('allows sandboxes to reach only the sandbox gateway on the instance', () => {
    assert.equal(machine.run(NETWORK).status, 0);
    assert.deepEqual(rules('OH-SANDBOX-IN'), [
      '-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT', '-d 172.30.0.1/32 -p tcp -m tcp --dport 3001 -j ACCEPT', '-j DROP',
    ]);
    assert.deepEqual(rules('OH-SANDBOX-IN', 'ip6tables'), ['-j DROP']);
    assert.match(machine.read('state/hooks'), /^iptables -w -I INPUT 1 -i oh-sandboxes -j OH-SANDBOX-IN$/m);
  });

  test('blocks metadata, other sandboxes and private networks except DNS and HTTPS', () => {
    assert.equal(machine.run(NETWORK).status, 0);
    const forward = rules('OH-SANDBOX-FWD');
    assert.deepEqual(forward.slice(0, 5), [
      '-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT', '-d 172.30.0.0/20 -j DROP',
      '-d 169.254.169.253/32 -p udp -m udp --dport 53 -j RETURN', '-d 169.254.169.253/32 -p tcp -m tcp --dport 53 -j RETURN',
      '-d 169.254.0.0/16 -j DROP',
    ]);
    for (const network of ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10']) {
      const about = forward.filter((rule) => rule.startsWith(`-d ${network} `)).map((rule) => rule.slice(`-d ${network} `.length));
      assert.deepEqual(about, ['-p udp -m udp --dport 53 -j RETURN', '-p tcp -m tcp --dport 53 -j RETURN', '-p tcp -m tcp --dport 443 -j RETURN', '-j DROP']);
    }
    assert.equal(forward.at(-1), '-j RETURN');
  });

  test('creates the network once, without traffic between sandboxes', () => {
    const first = machine.run(NETWORK);
    assert.equal(first.status, 0, first.output);
    const created = first.calls.find((call) => call.startsWith('docker network create'));
    for (const words of ['--subnet 172.30.0.0/20', '--gateway 172.30.0.1', 'bridge.name=oh-sandboxes', 'bridge.enable_icc=false']) {
      assert.ok(created.includes(words), words);
    }
    const before = ['iptables-restore', 'hooks'].map((name) => machine.read(`state/${name}`));
    const again = machine.run(NETWORK);
    assert.equal(again.status, 0, again.output);
    assert.ok(!again.calls.some((call) => call.startsWith('docker network create')));
    assert.deepEqual(['iptables-restore', 'hooks'].map((name) => machine.read(`state/${name}`)), before);
  });

  test('rejects an existing network with another subnet', () => {
    machine.set('network', '10.9.0.0/16\n');
    const run = machine.run(NETWORK);
    assert.equal(run.status, 1);
    assert.match(run.output, /the network openhands-sandboxes exists with the subnet 10\.9\.0\.0\/16 instead of 172\.30\.0\.0\/20/);
  });

  test('sets up rules before Docker starts, and supports Docker without its own chain', () => {
    assert.equal(machine.run(NETWORK, { words: ['firewall'] }).status, 0);
    assert.match(machine.read('state/chains'), /^DOCKER-USER$/m);
    assert.match(machine.read('state/hooks'), /-I DOCKER-USER 1 -i oh-sandboxes -j OH-SANDBOX-FWD$/m);
    assert.equal(machine.read('state/network'), '');
    for (const name of ['chains', 'hooks']) machine.set(name, '');
    assert.equal(machine.run(NETWORK).status, 0);
    assert.match(machine.read('state/hooks'), /-I FORWARD 1 -i oh-sandboxes -j OH-SANDBOX-FWD$/m);
  });
});

describe('the sandbox credentials', () => {
  const FOLDER = 'data/openhands/config/aws';
  const FILE = `${FOLDER}/credentials.json`;
  const REFRESH = '/opt/openhands/refresh-sandbox-credentials';

  test('are those of the role, in a directory that only root can enter', () => {
    machine.run();
    const run = machine.run(REFRESH);
    assert.equal(run.status, 0, run.output);
    assert.deepEqual(JSON.parse(machine.read(FILE)), {
      Version: 1, AccessKeyId: 'AKIAEXAMPLE', SecretAccessKey: 'the-sandbox-secret', SessionToken: 'the-sandbox-token',
      Expiration: '2030-01-01T00:00:00+00:00',
    });
    assert.equal(
      machine.read(`${FOLDER}/config`),
      '[default]\nregion = us-west-2\ncredential_process = cat /run/aws/credentials.json\n',
    );
    // The user of a sandbox can read the mounted directory.
    assert.deepEqual(['data/openhands/config', FOLDER, FILE, `${FOLDER}/config`].map((name) => machine.mode(name)), ['700', '755', '644', '644']);
    for (const words of ['--external-id openhands-sandbox', '--duration-seconds 3600', '--role-arn arn:aws:iam::111111111111:role/sandbox']) {
      assert.ok(run.calls[0].includes(words), words);
    }
    for (const secret of SECRETS) assert.ok(!`${run.output}${run.calls.join()}`.includes(secret));
    assert.equal(machine.run(REFRESH).status, 0);
    assert.deepEqual(machine.files(FOLDER).map(({ name }) => name).sort(), [`${FOLDER}/config`, FILE]);
  });

  test('are kept if AWS fails or returns invalid data, without leftovers', () => {
    machine.run();
    machine.run(REFRESH);
    const before = machine.files(FOLDER);
    machine.set('fail', '^aws sts');
    assert.notEqual(machine.run(REFRESH).status, 0);
    machine.set('fail', '');
    machine.set('sts', '{"AccessKeyId": "only"}');
    assert.notEqual(machine.run(REFRESH).status, 0);
    assert.deepEqual(machine.files(FOLDER), before);
  });
});

describe('the health metric', () => {
  const HEALTH = '/opt/openhands/openhands-health';
  const LOG = 'var/log/openhands-health.log';
  const measured = () => {
    const run = machine.run(HEALTH);
    assert.equal(run.status, 0, run.output);
    const metric = run.calls.find((call) => call.startsWith('aws cloudwatch put-metric-data'));
    assert.match(metric, /--namespace OpenHands --metric-name Healthy --dimensions AutoScalingGroupName=openhands-asg/);
    return metric.match(/--value (\d)/)[1];
  };

  test('is 1 and logs nothing while healthy', () => {
    machine.run();
    assert.equal(measured(), '1');
    assert.equal(machine.read(LOG), undefined);
  });

  test('is 0 and logs failures', () => {
    machine.run();
    machine.set('health', '{"status":"failed","database":"refused","bucket":"ok","docker":"ok"}');
    assert.equal(measured(), '0');
    assert.match(machine.read(LOG), /unhealthy: application: \{"status":"failed","database":"refused"/);
    machine.set('health', '{"status": "ok"}');
    machine.set('fail', '^curl .*8080');
    assert.equal(measured(), '0');
    machine.set('fail', '^curl .*3000');
    assert.equal(measured(), '0');
  });

  test('limits the size of its log', () => {
    machine.run();
    writeFileSync(machine.path(LOG), 'x'.repeat(1_000_001));
    machine.set('health', '{"status":"failed"}');
    measured();
    assert.ok(machine.read(LOG).length < 3000);
  });
});

describe('the image update', () => {
  const UPDATE = '/opt/openhands/openhands-update';
  const APP = 'ghcr.io/openhands/openhands:1.11.0';
  const ROUTER = 'openresty/openresty:1.27.1.2-alpine';
  const images = () => Object.fromEntries(machine.read('state/images').trim().split('\n').map((line) => line.split(' ')));

  beforeEach(() => {
    machine.run();
    machine.set('images', `${APP} sha256:old\n${ROUTER} sha256:router\n`);
    machine.set('published', '');
  });

  test('restarts nothing if no image has changed', () => {
    const run = machine.run(UPDATE);
    assert.equal(run.status, 0, run.output);
    assert.ok(run.calls.includes(`docker pull --quiet ${APP}`));
    assert.ok(run.calls.includes('docker pull --quiet ghcr.io/openhands/agent-server:1.34.0-python'));
    assert.ok(!run.calls.some((call) => call.startsWith('docker compose up')));
    assert.equal(images()[APP], 'sha256:old');
  });

  test('keeps a new image if OpenHands is healthy with it', () => {
    machine.set('published', `${APP} sha256:new\n`);
    const run = machine.run(UPDATE);
    assert.equal(run.status, 0, run.output);
    assert.equal(run.calls.filter((call) => call.startsWith('docker compose up')).length, 1);
    assert.deepEqual(images(), { [APP]: 'sha256:new', [ROUTER]: 'sha256:router' });
    assert.ok(!run.calls.some((call) => call.startsWith('aws sns')));
  });

  test('rolls back an unhealthy image, sends an alert, and does not try again', () => {
    machine.set('published', `${APP} sha256:bad\n`);
    machine.set('unhealthy', 'sha256:bad');
    const run = machine.run(UPDATE);
    assert.equal(run.status, 0, run.output);
    assert.equal(run.calls.filter((call) => call.startsWith('docker compose up')).length, 2);
    assert.equal(images()[APP], 'sha256:old');
    const alert = run.calls.find((call) => call.startsWith('aws sns publish'));
    assert.match(alert, /an update was rolled back/);
    assert.ok(alert.includes(APP) && alert.includes('the previous images are running again'), alert);
    const again = machine.run(UPDATE);
    assert.equal(again.status, 0, again.output);
    assert.ok(!again.calls.some((call) => /^(docker compose up|aws sns)/.test(call)));
    assert.equal(images()[APP], 'sha256:old');
  });

  test('keeps the images if a registry does not respond', () => {
    machine.set('fail', '^docker pull');
    const run = machine.run(UPDATE);
    assert.equal(run.status, 0, run.output);
    assert.match(run.output, /failed to pull/);
    assert.equal(images()[APP], 'sha256:old');
  });
});
