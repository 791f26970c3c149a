// Attacks from a compromised sandbox. Commands run directly in the sandbox, because an agent executes untrusted instructions.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { startBench } from './bench.mjs';
import { ADA, BOB } from './client.mjs';
import { chooseModel, startConversation } from './conversation.mjs';
import { waitFor } from './shell.mjs';

let bench;
let ada;
let bob;
let victim;
let attacker;

/** Runs a program in the sandbox of the attacker, as root by default: agents can use sudo. */
const inside = (args, { user = 'root', ...options } = {}) => bench.engine.docker(['exec', '--user', user, attacker.sandbox, ...args], { check: false, ...options });
const python = (text, ...args) => inside(['python3', '-c', text, ...args]);

const PROBE = `
import concurrent.futures, json, socket, sys
def opens(place):
    try:
        socket.create_connection(tuple(place), 2).close()
        return True
    except OSError:
        return False
places = json.loads(sys.argv[1])
with concurrent.futures.ThreadPoolExecutor(32) as pool:
    for (host, port), is_open in zip(places, pool.map(opens, places)):
        if is_open:
            print(f"{host}:{port}")`;
/** Returns the targets, given as [host, port], that accept connections. */
async function open(places) {
  const { stdout, stderr } = await python(PROBE, JSON.stringify(places));
  assert.equal(stderr, '');
  return stdout.split('\n').filter(Boolean);
}
/** Returns the ports with a listener on the instance. */
async function listening() {
  const lines = (await bench.engine.exec('ss', ['-H', '-l', '-t', '-n'])).split('\n').filter(Boolean);
  return [...new Set(lines.map((line) => Number(line.trim().split(/\s+/)[3].split(':').at(-1))))];
}
const TRY = `
import json, sys, urllib.request, urllib.error
method, url, headers, body = sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), sys.argv[4]
request = urllib.request.Request(url, method=method, headers=headers, data=body.encode() or None)
try:
    with urllib.request.urlopen(request, timeout=4) as answer:
        print(answer.status, answer.read(4000).decode("utf-8", "replace"))
except urllib.error.HTTPError as error:
    print(error.code, error.read(4000).decode("utf-8", "replace"))
except (OSError, TimeoutError) as error:
    print(0, type(error).__name__)`;
/** Sends a request from the sandbox. Returns the status and text; status 0 if there is no response. */
async function tries(method, url, headers = {}, body = '') {
  const { stdout, stderr } = await python(TRY, method, url, JSON.stringify(headers), body);
  assert.notEqual(stdout, '', stderr);
  const [status, ...rest] = stdout.split(' ');
  return { status: Number(status), text: rest.join(' ') };
}

before(async () => {
  bench = await startBench();
  [ada, bob] = [await bench.login(ADA), await bench.login(BOB)];
  for (const user of [ada, bob]) await chooseModel(user, bench.llm);
  await bob.post('/api/v1/secrets', { name: 'VICTIM', value: 'planted-of-the-victim' });
  victim = await startConversation(bob, 'run: echo "the victim\'s file" > private.txt\nsay: done');
  attacker = await startConversation(ada, 'say: ready');
  for (const one of [victim, attacker]) await one.finished();
});
after(() => bench?.stop());

const forged = () => ({ 'X-Cognito-User-Id': BOB.id, 'X-Cognito-Email': BOB.email, 'X-Cognito-Email-Verified': 'true', 'X-Origin-Verify': 'guess' });

describe('a sandbox', () => {
  test('can connect to only one port of the instance', async () => {
    const ports = await listening();
    for (const expected of [3000, 3001, 8080]) assert.ok(ports.includes(expected), `${expected} of ${ports}`);
    const hosts = ['172.30.0.1', bench.engine.at.instance, '172.17.0.1', '127.0.0.1', 'host.docker.internal'];
    const places = hosts.flatMap((host) => [...ports, 22, 53, 2375, 2376, 9323].map((port) => [host, port]));
    assert.deepEqual((await open(places)).sort(), ['172.30.0.1:3001', 'host.docker.internal:3001']);
  });

  test('cannot impersonate another user at the sandbox gateway', async () => {
    const paths = [
      '/', '/api/v1/settings', '/api/v1/users/me', '/api/v1/secrets/search', '/api/v1/app-conversations/search', `/api/v1/app-conversations?ids=${victim.id}`,
      `/api/v1/conversation/${victim.id}/events/search`, `/api/v1/sandboxes?id=${victim.sandbox}`, `/api/v1/sandboxes/${victim.sandbox}/settings/secrets`,
      `/api/v1/sandboxes/${victim.sandbox}/settings/secrets/VICTIM`, `/runtime/${victim.id}/8000/server_info`, '/mcp/mcp', '/api/v1/webhooks/secrets', '/api/v1/webhooks/x/../../settings',
    ];
    const { session_api_key: own } = await attacker.running();
    for (const path of paths) {
      for (const headers of [forged(), { ...forged(), 'X-Session-API-Key': own }, { ...forged(), 'X-Access-Token': 'guess' }]) {
        const answer = await tries('GET', `http://172.30.0.1:3001${path}`, headers);
        assert.ok(answer.status >= 400, `${path}: ${answer.status} ${answer.text}`);
        assert.doesNotMatch(answer.text, /planted-of-the-victim|bob@example.com/);
      }
    }
  });

  test('cannot write to a conversation of another user with its own key', async () => {
    const { session_api_key: own } = await attacker.running();
    const before = (await victim.events()).length;
    const event = { id: '11111111-1111-4111-8111-111111111111', timestamp: '2026-01-01T00:00:00', source: 'user', kind: 'MessageEvent', llm_message: { role: 'user', content: [{ type: 'text', text: 'forged' }] } };
    const send = (id, forgery) => tries('POST', `http://172.30.0.1:3001/api/v1/webhooks/events/${id}`, { 'X-Session-API-Key': own, 'Content-Type': 'application/json' }, JSON.stringify([forgery]));
    await send(victim.id, event);
    // IDs with a path to the directory of the victim, in the bucket and on the instance.
    const state = join(bench.engine.efs, 'workspace', victim.id, 'conversations', victim.id, 'base_state.json');
    const content = readFileSync(state, 'utf8');
    for (const id of [`../../../${BOB.id}/v1_conversations/${victim.id}/forged`, `../../../../../../data/openhands/workspace/${victim.id}/conversations/${victim.id}/base_state`]) {
      await send(attacker.id, { ...event, id });
    }
    assert.equal(readFileSync(state, 'utf8'), content);
    assert.equal((await victim.events()).length, before);
    assert.doesNotMatch(JSON.stringify(await victim.events()), /forged/);
    const info = await attacker.ask('GET', `/api/conversations?ids=${attacker.id}`);
    const stolen = JSON.stringify({ ...info.json()[0], id: victim.id });
    const answer = await tries('POST', 'http://172.30.0.1:3001/api/v1/webhooks/conversations', { 'X-Session-API-Key': own, 'Content-Type': 'application/json' }, stolen);
    assert.ok(answer.status >= 400, `${answer.status} ${answer.text}`);
    assert.equal((await victim.listed()).created_by_user_id, BOB.id);
    assert.equal((await victim.listed()).sandbox_id, victim.sandbox);
  });

  test('cannot send oversized requests to OpenHands', async () => {
    const answer = await tries('POST', 'http://172.30.0.1:3001/api/v1/webhooks/conversations', { 'Content-Length': String(64 * 2 ** 20) }, 'x');
    assert.ok([0, 413].includes(answer.status), `${answer.status} ${answer.text}`);
    assert.equal((await bench.instance.app('/api/health')).status, 200);
  });

  test('cannot get credentials of the instance from the metadata service', async () => {
    for (const url of ['http://169.254.169.254/latest/api/token', 'http://[fd00:ec2::254]/latest/api/token']) {
      const answer = await tries('PUT', url, { 'X-aws-ec2-metadata-token-ttl-seconds': '60' });
      assert.equal(answer.status, 0, answer.text);
    }
    assert.equal((await tries('GET', 'http://169.254.169.254/latest/meta-data/iam/security-credentials/')).status, 0);
    // The instance gets credentials, so the firewall and the hop limit block the sandbox.
    const token = ['-s', '-m', '4', '-X', 'PUT', '-H', 'X-aws-ec2-metadata-token-ttl-seconds: 60', '-o', '/dev/null', '-w', '%{http_code}'];
    assert.equal(await bench.engine.exec('curl', [...token, 'http://169.254.169.254/latest/api/token']), '200');
  });

  test('has only the credentials of the sandbox role and cannot change them', async () => {
    const read = await inside(['cat', '/run/aws/credentials.json'], { user: '10001' });
    assert.equal(JSON.parse(read.stdout).SessionToken, 'sandbox');
    assert.notEqual((await inside(['sh', '-c', 'echo x > /run/aws/credentials.json'])).status, 0);
    const env = (await inside(['sh', '-c', 'cat /proc/*/environ | tr "\\0" "\\n"'])).stdout;
    for (const secret of [bench.sandboxKey, bench.originSecret, bench.database.password, bench.llm.key]) assert.ok(!env.includes(secret));
  });

  test('cannot reach other sandboxes, the database or Docker', async () => {
    const other = (await bench.instance.sandboxes()).find((one) => one.Config.Labels.conversation_id === victim.id);
    const address = other.NetworkSettings.Networks['openhands-sandboxes'].IPAddress;
    assert.deepEqual(await open([8000, 8001, 8011, 8012, 22, 80].map((port) => [address, port])), []);
    // The address responds to the instance.
    assert.equal(await bench.engine.exec('curl', ['-s', '-o', '/dev/null', '-w', '%{http_code}', `http://${address}:8000/alive`]), '200');
    const { database, engine } = bench;
    assert.deepEqual(await open([[database.host, 5432], [engine.at.instance, 2375], [engine.at.vpc, 22], [engine.at.vpc, Number(new URL(bench.aws.endpoint).port)]]), []);
    await engine.exec('bash', ['-c', `exec 3<>/dev/tcp/${database.host}/5432`]);
    // The network works: the instance can reach the database, and the sandbox can reach the internet.
    assert.notEqual((await tries('GET', `${bench.llm.url}/models`)).status, 0);
    assert.notEqual((await inside(['test', '-e', '/var/run/docker.sock'])).status, 0);
    assert.deepEqual((await inside(['ls', '/workspace/..'])).stdout.includes(victim.id), false);
  });

  test('cannot send raw packets', async () => {
    const raw = await python('import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)');
    assert.match(raw.stderr, /PermissionError/);
  });

  test('cannot affect other sandboxes by exhausting memory or processes', async () => {
    const { memory_mb: limit, processes } = bench.settings.sandbox;
    const filled = await python(`x = []\nfor _ in range(${limit * 2}): x.append(bytearray(b"x" * 2 ** 20))\nprint("filled")`);
    assert.notEqual(filled.status, 0);
    assert.doesNotMatch(filled.stdout, /filled/);
    const forks = `
import os, time
made = 0
try:
    for _ in range(${processes * 2}):
        if os.fork() == 0:
            time.sleep(20); os._exit(0)
        made += 1
except OSError as error:
    print(made, error)`;
    const forked = await python(forks);
    const made = Number((forked.stdout.split(' ')[0] || '0'));
    assert.ok(made < processes, `${made} of ${processes}: ${forked.stdout} ${forked.stderr}`);
    assert.equal((await bench.instance.app('/api/health')).status, 200);
    assert.match(await victim.shell('cat private.txt'), /the victim's file/);
  });

  test('cannot affect other sandboxes by filling its disk', async (t) => {
    if (!bench.engine.hasQuota) return t.skip('requires a kernel with XFS quotas for disk limits of containers');
    const filled = await inside(['sh', '-c', `head -c ${(bench.settings.sandbox.disk_gb + 1) * 2 ** 30} /dev/zero > /var/tmp/fill`]);
    assert.notEqual(filled.status, 0);
    assert.match(filled.stderr, /No space left/);
    assert.equal((await bench.instance.app('/api/health')).status, 200);
    return undefined;
  });

  test('is usable again after a restart', async () => {
    await bench.engine.docker(['restart', '--time', '2', attacker.sandbox]);
    await waitFor('the sandbox', async () => (await attacker.read()).sandbox_status === 'RUNNING', { seconds: 120, every: 500 });
    assert.match(await attacker.shell('echo back'), /back/);
  });
});
