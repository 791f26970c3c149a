// Two users of OpenHands: each can use their own resources, and cannot access resources of the other.
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { startBench } from './bench.mjs';
import { ADA, BOB, createClient } from './client.mjs';
import { chooseModel, conversationOf, startConversation } from './conversation.mjs';
import { waitFor } from './shell.mjs';

const KEY = 'sk-planted-9f2c7b41';
const SECRET = 'planted-secret-51d8aa03';
const TOKEN = 'planted-token-77e01b9c';

let bench;
let ada;
let bob;
let anonymous;
let conversation;

before(async () => {
  bench = await startBench();
  [ada, bob, anonymous] = [await bench.login(ADA), await bench.login(BOB), createClient(bench.front)];
});
after(() => bench?.stop());

/** Returns the content of every object in the bucket, by key. */
async function objects() {
  const list = `
import boto3, json, os, sys
s3 = boto3.client("s3")
pages = s3.get_paginator("list_objects_v2").paginate(Bucket=sys.argv[1])
keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
print(json.dumps({key: s3.get_object(Bucket=sys.argv[1], Key=key)["Body"].read().decode("latin-1") for key in keys}))`;
  return JSON.parse(await bench.aws.run(list, bench.aws.bucket));
}

describe('a new user', () => {
  test('starts with the default model and needs no API key', async () => {
    for (const user of [ada, bob]) {
      const { agent_settings: agent } = (await user.get('/api/v1/settings')).json();
      assert.equal(agent.llm.model, bench.settings.model);
      assert.equal((await user.get('/api/v1/users/me')).json().id, user.user.id);
      assert.deepEqual((await user.get('/api/v1/app-conversations/search')).json().items, []);
    }
    const models = (await ada.get('/api/v1/config/models/search?limit=5')).json().items;
    assert.equal(`${models[0].provider}/${models[0].name}`, bench.settings.model);
  });
});

describe('settings and secrets', () => {
  test('are separate per user and encrypted in the bucket', async () => {
    await chooseModel(ada, { ...bench.llm, key: KEY });
    assert.equal((await ada.post('/api/v1/secrets', { name: 'DEPLOY', value: SECRET, description: 'of Ada' })).status, 201);
    assert.equal((await ada.put('/api/v1/user-config/secrets/github', { type: 'token', value: TOKEN })).status, 201);
    const mcp = { id: 'tools', type: 'shttp', url: 'https://tools.example.com/mcp' };
    assert.equal((await ada.post('/api/v1/user-config/mcp/servers', mcp)).status, 201);
    assert.equal((await ada.get('/api/v1/settings')).json().agent_settings.llm.model, bench.llm.model);
    assert.equal((await bob.get('/api/v1/settings')).json().agent_settings.llm.model, bench.settings.model);
    assert.match((await ada.get('/api/v1/secrets/search')).text, /DEPLOY/);
    assert.doesNotMatch((await bob.get('/api/v1/secrets/search')).text, /DEPLOY/);
    const stored = await objects();
    for (const name of ['settings.json', 'secrets.json', 'secrets/credentials.json.enc']) {
      assert.deepEqual(Object.keys(JSON.parse(stored[`users/${ADA.id}/${name}`])).sort(), ['ciphertext', 'encrypted_key', 'nonce'], name);
    }
    for (const planted of [KEY, SECRET, TOKEN]) {
      assert.deepEqual(Object.keys(stored).filter((key) => stored[key].includes(planted)), []);
    }
    await chooseModel(ada, bench.llm);
    await chooseModel(bob, bench.llm);
  });

  test('of one user cannot be decrypted as those of another user', async () => {
    await bench.aws.run('import boto3, sys; boto3.client("s3").copy_object(Bucket=sys.argv[1], CopySource=f"{sys.argv[1]}/{sys.argv[2]}", Key=sys.argv[3])',
      bench.aws.bucket, `users/${ADA.id}/secrets.json`, `users/${BOB.id}/secrets.json`);
    const answer = await bob.get('/api/v1/secrets/search');
    assert.notEqual(answer.status, 200);
    assert.doesNotMatch(answer.text, /DEPLOY/);
    await bench.aws.run('import boto3, sys; boto3.client("s3").delete_object(Bucket=sys.argv[1], Key=sys.argv[2])', bench.aws.bucket, `users/${BOB.id}/secrets.json`);
  });
});

describe('a conversation', () => {
  test('runs an agent that writes and serves a file', async () => {
    conversation = await startConversation(ada, [
      'run: echo "written by the agent" > index.html',
      'run: (python3 -m http.server 8011 > /dev/null 2>&1 &) ; sleep 1; echo started',
      'say: it is served',
    ].join('\n'));
    await conversation.finished();
    // The agent server still reports its last states after the agent has finished: an event may arrive between the two reads.
    const kinds = await waitFor('an object for each event', async () => {
      const found = (await conversation.events()).map((one) => one.kind);
      const keys = Object.keys(await objects()).filter((key) => key.startsWith(`users/${ADA.id}/v1_conversations/${conversation.id}/`));
      return keys.length === found.length && found;
    });
    for (const kind of ['MessageEvent', 'ActionEvent', 'ObservationEvent']) assert.ok(kinds.includes(kind), `${kind} in ${kinds}`);
  });

  test('has a separate sandbox with labels, limits, a network and a workspace', async () => {
    const [sandbox] = await bench.instance.sandboxes();
    const { Labels: labels, Env: env } = sandbox.Config;
    assert.deepEqual([labels.conversation_id, labels.user_id], [conversation.id, ADA.id]);
    const host = sandbox.HostConfig;
    const { memory_mb: memory, cpus, processes } = bench.settings.sandbox;
    assert.deepEqual([host.Memory, host.MemorySwap, host.NanoCpus, host.PidsLimit], [memory * 2 ** 20, memory * 2 ** 20, cpus * 1e9, processes]);
    assert.deepEqual(host.CapDrop, ['NET_RAW']);
    assert.deepEqual(Object.keys(sandbox.NetworkSettings.Networks), ['openhands-sandboxes']);
    assert.deepEqual(Object.values(sandbox.NetworkSettings.Ports ?? {}).filter(Boolean), []);
    assert.deepEqual(host.Binds.sort(), ['/data/openhands/config/aws:/run/aws:ro', `/data/openhands/workspace/${conversation.id}:/workspace:rw`]);
    assert.ok(!env.join('\n').includes(bench.sandboxKey), 'the sandbox has the secret of the deployment');
    const file = join(bench.engine.efs, 'workspace', conversation.id, 'project/index.html');
    assert.equal(readFileSync(file, 'utf8'), 'written by the agent\n');
    assert.ok(statSync(file).isFile());
  });

  test('has URLs that work in the browser', async () => {
    const { conversation_url: url, session_api_key: key } = await conversation.running();
    assert.equal(url, `https://openhands.example.com/runtime/${conversation.id}/8000/api/conversations/${conversation.id}`);
    assert.equal(conversation.task.agent_server_url, `https://openhands.example.com/runtime/${conversation.id}/8000`);
    const found = (await ada.get(`/api/v1/sandboxes?id=${conversation.sandbox}`)).json()[0].exposed_urls;
    assert.deepEqual(found.map(({ name, url: one }) => [name, one.split('?')[0]]), [
      ['AGENT_SERVER', `https://openhands.example.com/runtime/${conversation.id}/8000`],
      ['VSCODE', `https://8001-${conversation.id}.runtime.openhands.example.com/`],
      ['WORKER_1', `https://8011-${conversation.id}.runtime.openhands.example.com`],
      ['WORKER_2', `https://8012-${conversation.id}.runtime.openhands.example.com`],
    ]);
    const agent = await ada.get(new URL(url).pathname, { headers: { 'X-Session-API-Key': key } });
    assert.equal(agent.status, 200, agent.text);
  });

  test('streams events over a WebSocket through the edge', async () => {
    const { session_api_key: key } = await conversation.running();
    const socket = await ada.ws(`${conversation.agent}/sockets/events/${conversation.id}?session_api_key=${key}&resend_all=true`);
    assert.equal(socket.status, 101, socket.text);
    assert.ok(await socket.next((one) => one.includes('ActionEvent') && one.includes('written by the agent')));
    socket.close();
    const other = await bob.ws(`${conversation.agent}/sockets/events/${conversation.id}?session_api_key=${key}`);
    assert.equal(other.status, 403);
  });

  test('continues after another message', async () => {
    assert.match(await conversation.shell('cat index.html'), /written by the agent/);
  });

  test('lists all events, even beyond one page of S3 objects', async () => {
    const prefix = `users/${ADA.id}/v1_conversations/${conversation.id}/`;
    const more = (how) => bench.aws.run(`
import boto3, concurrent.futures, sys
s3, bucket, prefix = boto3.client("s3"), sys.argv[1], sys.argv[2]
keys = [f"{prefix}{n:032x}.json" for n in range(1100)]
if sys.argv[3] == "put":
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: s3.put_object(Bucket=bucket, Key=key, Body=b"{}"), keys))
else:
    for start in (0, 1000):
        s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys[start:start + 1000]]})`, bench.aws.bucket, prefix, how);
    await more('put');
    // The agent server may still send events. The added objects are not valid events: they are counted, but not listed.
    const counted = async () => (await ada.get(`/api/v1/conversation/${conversation.id}/events/count`)).json();
    await waitFor('the expected number of events', async () => (await counted()) === (await conversation.events()).length + 1100, { seconds: 60, every: 1000 });
    await more('delete');
  });

  test('uses the MCP servers of its user', async () => {
    const answer = await conversation.ask('GET', `/api/conversations?ids=${conversation.id}`);
    // 1.7 omits MCP servers in responses, but logs the configuration of the agent.
    const logged = (await bench.instance.logs()).split('\n').filter((line) => line.includes('MCP configuration'));
    const text = JSON.stringify(answer.json()) + logged.join('\n');
    assert.match(text, /tools\.example\.com\/mcp/);
    assert.match(text, /host\.docker\.internal:3001\/mcp\/mcp/);
  });

  test('serves its application only to the owner and only on a separate host', async () => {
    const page = await conversation.application(8011);
    assert.deepEqual([page.status, page.text], [200, 'written by the agent\n']);
    assert.equal(page.headers['x-content-type-options'], 'nosniff');
    assert.equal((await conversation.application(8011, '/', bob)).status, 403);
    assert.equal((await conversation.application(8011, '/', anonymous)).status, 401);
    assert.equal((await ada.get(`/runtime/${conversation.id}/8011/`)).status, 404);
  });
});

/** Returns a value for a parameter of a route: that of Ada's conversation where possible. */
function values(name, path) {
  const ofEvents = { id: '00000000-0000-4000-8000-000000000000' };
  const known = {
    conversation_id: conversation.id, sandbox_id: conversation.sandbox, id: conversation.sandbox, ids: conversation.id, task_id: conversation.task.id,
    sandbox_id__eq: conversation.sandbox, secret_name: 'DEPLOY', secret_id: 'DEPLOY', ...(path.endsWith('/events') ? ofEvents : {}),
  };
  return known[name] ?? 'x';
}

describe('another user', () => {
  test('cannot access the conversation through any API route', async () => {
    const { session_api_key: key } = await conversation.running();
    const mine = [conversation.id, conversation.sandbox, key, 'written by the agent', ADA.email, SECRET];
    const document = (await bob.get('/openapi.json')).json();
    let asked = 0;
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, route] of Object.entries(methods)) {
        const parameters = route.parameters ?? [];
        const isOfSomething = /conversation|sandbox|event/.test(path);
        const query = parameters.filter((one) => one.in === 'query' && (one.required || ['ids', 'id', 'sandbox_id__eq'].includes(one.name)));
        const filled = path.replace(/\{(\w+)\}/g, (_, name) => values(name, path));
        const url = query.length > 0 ? `${filled}?${query.map((one) => `${one.name}=${values(one.name, path)}`).join('&')}` : filled;
        const body = route.requestBody ? { sandbox_id: conversation.sandbox, content: [{ type: 'text', text: 'x' }], conversation_id: conversation.id, title: 'stolen' } : undefined;
        // Routes that start something are tested below; webhooks and MCP in attack.test.mjs.
        if (/stream-start|webhooks|\/mcp/.test(path) || (method === 'post' && /\/(app-conversations|sandboxes)$/.test(path))) continue;
        const answer = await bob.request(method.toUpperCase(), url, { body });
        asked += 1;
        const text = answer.text.replaceAll(url, '');
        for (const secret of mine) {
          // An error may repeat values of the request.
          if (answer.status < 400) assert.ok(!text.includes(secret) || text.includes(BOB.id), `${method} ${url}: ${answer.status} ${text.slice(0, 400)}`);
        }
        if (isOfSomething && /\{(conversation_id|sandbox_id)\}/.test(path)) {
          const isEmpty = answer.status < 300 && (['null', '0', '""'].includes(answer.text) || /"items":\s*\[\]/.test(answer.text) || /^\[(null)?\]$/.test(answer.text));
          assert.ok([400, 401, 403, 404, 422].includes(answer.status) || isEmpty, `${method} ${url}: ${answer.status} ${answer.text.slice(0, 400)}`);
        }
      }
    }
    assert.ok(asked > 40, `only ${asked} routes`);
    assert.equal((await conversation.listed()).title.includes('stolen'), false);
    assert.equal((await conversation.read()).sandbox_status, 'RUNNING');
  });

  test('cannot reach the agent server or the editor, even with the key of the sandbox', async () => {
    const { session_api_key: key } = await conversation.running();
    for (const headers of [{}, { 'X-Session-API-Key': key }]) {
      assert.equal((await bob.get(`${conversation.agent}/server_info`, { headers })).status, 403);
      assert.equal((await bob.navigate('/', { headers, host: `8001-${conversation.id}.runtime.openhands.example.com` })).status, 403);
    }
  });

  test('cannot start a conversation in the workspace or sandbox of the owner', async () => {
    const id = conversation.id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    for (const body of [{ conversation_id: id }, { sandbox_id: conversation.sandbox }, { parent_conversation_id: id }]) {
      await assert.rejects(startConversation(bob, 'run: cat /workspace/project/index.html', { body }), /did not start|500|404/, JSON.stringify(body));
    }
    const [{ Config: { Labels: labels } }, ...others] = await bench.instance.sandboxes();
    assert.deepEqual([labels.user_id, others.length], [ADA.id, 0]);
  });

  test('can run a conversation at the same time', async () => {
    await chooseModel(bob, bench.llm);
    const own = await startConversation(bob, 'say: hello Bob');
    await own.finished();
    assert.equal((await own.listed()).created_by_user_id, BOB.id);
    assert.deepEqual((await bob.get('/api/v1/app-conversations/search')).json().items.map((one) => one.id), [own.id]);
    assert.equal((await bob.get('/api/v1/app-conversations/count')).json(), 1);
    assert.equal((await conversation.read()).sandbox_status, 'RUNNING');
    assert.equal((await bob.delete(`/api/v1/app-conversations/${own.id}`)).status, 200);
    await waitFor('the end of the sandbox', async () => (await bench.instance.sandboxes()).length === 1);
    const left = Object.keys(await objects()).filter((key) => key.includes(own.id));
    assert.deepEqual(left, []);
    assert.throws(() => statSync(join(bench.engine.efs, 'workspace', own.id)), { code: 'ENOENT' });
  });
});

describe('a client without a login', () => {
  test('is redirected to the login and cannot use the API', async () => {
    assert.equal((await anonymous.navigate('/')).status, 302);
    assert.equal((await anonymous.get('/api/v1/settings', { headers: { Accept: 'application/json' } })).status, 401);
    for (const path of ['/', '/api/v1/settings', '/api/v1/app-conversations/search', '/openapi.json', '/docs']) {
      for (const headers of [{}, { 'X-Cognito-User-Id': ADA.id }, { 'X-Cognito-User-Id': ADA.id, 'X-Origin-Verify': 'guess' }]) {
        assert.equal((await bench.instance.app(path, { headers })).status, 401, path);
      }
    }
    assert.equal((await bench.instance.app('/api/health')).status, 200);
  });
});

describe('the log of the instance', () => {
  test('contains no secrets', async () => {
    const log = `${await bench.instance.logs()}${await bench.instance.logs('openresty-proxy')}`;
    for (const planted of [KEY, SECRET, TOKEN, bench.sandboxKey, bench.originSecret, bench.database.password]) {
      assert.ok(!log.includes(planted), `${planted} is in a log`);
    }
    assert.equal(conversationOf(ada, conversation.id).sandbox, conversation.sandbox);
  });
});
