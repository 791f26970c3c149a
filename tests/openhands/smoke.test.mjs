// The bench itself: the other tests rely on these properties.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startBench } from './bench.mjs';
import { ADA, createClient } from './client.mjs';
import { whyNot } from './engine.mjs';
import { imageTags } from './images.mjs';
import { waitFor } from './shell.mjs';

const skip = (await whyNot()) ?? false;

describe('the bench', { skip, concurrency: false }, () => {
  let bench;
  let image;
  before(async () => {
    bench = await startBench();
    image = (await imageTags(bench.version)).agentServer;
  }, { timeout: 600_000 });
  after(() => bench?.stop());

  test('runs OpenHands with a real database, bucket and Docker engine', async () => {
    const { status, text } = await bench.instance.app('/api/health');
    assert.equal(status, 200, text);
  });

  test('starts an agent server from the image', async () => {
    await bench.engine.docker(['run', '--detach', '--name', 'by-hand', image, '--port', '8000']);
    const address = (await bench.engine.docker(['inspect', '--format', '{{.NetworkSettings.IPAddress}}', 'by-hand'])).trim();
    const health = () => bench.engine.exec('curl', ['-fsS', '-m', '5', `http://${address}:8000/health`]);
    assert.match(await waitFor('the agent server', health), /ok/i);
    assert.match(await bench.engine.docker(['exec', 'by-hand', 'sudo', 'id', '-u']), /^0/);
    await bench.engine.docker(['rm', '--force', 'by-hand']);
  });

  test('enforces memory and process limits in the kernel', async () => {
    const limited = (script, ...limits) => bench.engine.docker(['run', '--rm', ...limits, '--entrypoint', 'sh', image, '-c', script], { check: false });
    const memory = await limited('head -c 300m /dev/zero | tail -c 250m | wc -c', '--memory', '100m', '--memory-swap', '100m');
    assert.doesNotMatch(memory.stdout, /262144000/);
    const processes = await limited('for n in $(seq 30); do sleep 5 & done; wait', '--pids-limit', '20');
    assert.match(processes.stderr, /fork/i);
  });

  test('rejects requests without a login or with forged user headers', async () => {
    assert.equal((await createClient(bench.front).get('/api/v1/settings')).status, 401);
    assert.equal((await createClient(bench.front).navigate('/')).status, 302);
    const forged = { 'X-Cognito-User-Id': ADA.id };
    assert.equal((await bench.instance.app('/api/v1/settings', { headers: forged })).status, 401);
  });

  test('blocks the metadata service for sandboxes by firewall and by hop limit', async () => {
    await bench.engine.docker(['run', '--detach', '--name', 'inside', '--network', 'openhands-sandboxes', image, '--port', '8000']);
    const ask = ['curl', '-sS', '-m', '3', '-X', 'PUT', '-H', 'X-aws-ec2-metadata-token-ttl-seconds: 60', 'http://169.254.169.254/latest/api/token'];
    const inside = async () => (await bench.engine.docker(['exec', 'inside', ...ask], { check: false })).status;
    assert.notEqual(await inside(), 0);
    assert.ok((await bench.engine.exec(ask[0], ask.slice(1))).length > 10, 'the instance gets a token');
    await bench.engine.exec('iptables', ['-F', 'OH-SANDBOX-FWD']);
    assert.notEqual(await inside(), 0, 'without the firewall, the hop limit applies');
    await bench.engine.exec('/opt/openhands/sandbox-network');
    await bench.engine.docker(['rm', '--force', 'inside']);
  });
});
