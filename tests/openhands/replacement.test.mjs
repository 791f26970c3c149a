// Replacement of the instance: only the shared file system, the bucket and the database remain, and conversations can be resumed.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { startBench } from './bench.mjs';
import { ADA, BOB, createClient } from './client.mjs';
import { chooseModel, conversationOf, startConversation } from './conversation.mjs';

let bench;
let ada;
let bob;
let first;
let second;
const key = async (id) => {
  const sandbox = (await bench.instance.sandboxes()).find((one) => one.Config.Labels.conversation_id === id);
  return sandbox.Config.Env.find((one) => one.startsWith('OH_SECRET_KEY='));
};
let keyBefore;
let eventsBefore;

before(async () => {
  bench = await startBench();
  [ada, bob] = [await bench.login(ADA), await bench.login(BOB)];
  for (const user of [ada, bob]) await chooseModel(user, bench.llm);
  first = await startConversation(ada, 'run: echo "kept on the shared files" > kept.txt\nsay: written');
  await first.finished();
  second = await startConversation(ada, 'run: echo two > two.txt\nsay: second');
  await second.finished();
  keyBefore = await key(first.id);
  eventsBefore = (await first.events()).map((one) => one.id);
  await bench.instance.destroy();
  await bench.boot();
  await bench.instance.ready();
});
after(() => bench?.stop());

describe('after the replacement of the instance', () => {
  test('conversations are archived with all their events', async () => {
    assert.deepEqual(await bench.instance.sandboxes(), []);
    assert.equal((await first.listed()).sandbox_status, 'MISSING');
    const events = (await first.events()).map((one) => one.id);
    assert.deepEqual(eventsBefore.filter((id) => !events.includes(id)), []);
    assert.equal((await ada.get('/api/v1/settings')).json().agent_settings.llm.model, bench.llm.model);
  });

  test('only the owner can resume a conversation', async () => {
    const path = `/api/v1/app-conversations/${first.id}/resume`;
    assert.equal((await createClient(bench.front).post(path, undefined, { headers: { Accept: 'application/json' } })).status, 401);
    assert.equal((await bob.post(path)).status, 404);
    assert.deepEqual((await bob.get(`/api/v1/app-conversations?ids=${first.id}`)).json(), [null]);
    assert.deepEqual(await bench.instance.sandboxes(), []);
  });

  test('a conversation is not resumed before its lease expires', async () => {
    const lease = (id) => join(bench.engine.efs, 'workspace', id, 'conversations', id, 'owner_lease.json');
    const held = { owner_instance_id: 'another', generation: 7, expires_at: Date.now() / 1000 + 500, owner_host: 'another-instance', owner_pid: 1 };
    writeFileSync(lease(first.id), JSON.stringify(held));
    const answer = await ada.post(`/api/v1/app-conversations/${first.id}/resume`);
    assert.equal(answer.status, 409, answer.text);
    assert.ok(Number(answer.headers['retry-after']) > 400);
    assert.equal((await first.read()).sandbox_status, 'MISSING');
    assert.deepEqual(await bench.instance.sandboxes(), []);
    for (const one of [first, second]) writeFileSync(lease(one.id), JSON.stringify({ ...held, expires_at: 0 }));
  });

  test('opening a conversation restores its files, key and history', async () => {
    await first.running();
    assert.equal(await key(first.id), keyBefore);
    assert.match(await first.shell('cat kept.txt'), /kept on the shared files/);
    // The request to the model contains the messages from before the replacement.
    const { messages } = bench.llm.requests.at(-1).body;
    const said = JSON.stringify(messages);
    assert.match(said, /kept\.txt[^]*say: written/);
    assert.equal((await first.events()).filter((one) => one.kind === 'MessageEvent' && one.source === 'user').length, 2);
    assert.equal((await second.listed()).sandbox_status, 'MISSING');
  });

  test('the resume route restores a conversation', async () => {
    const answer = await ada.post(`/api/v1/app-conversations/${second.id}/resume`);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.json().sandbox_id, second.sandbox);
    await second.running();
    assert.match(await second.shell('cat two.txt'), /two/);
  });

  test('failed, deleted and stopped sandboxes can be resumed on the same instance', async () => {
    await bench.engine.docker(['kill', first.sandbox]);
    assert.equal((await ada.post(`/api/v1/sandboxes/${first.sandbox}/resume`)).status, 200);
    await first.running();
    assert.match(await first.shell('cat kept.txt'), /kept on the shared files/);
    assert.equal((await ada.delete(`/api/v1/sandboxes/${first.sandbox}?sandbox_id=${first.sandbox}`)).status, 200);
    assert.equal((await first.listed()).sandbox_status, 'MISSING');
    await first.running();
    assert.equal((await ada.post(`/api/v1/sandboxes/${second.sandbox}/pause`)).status, 200);
    assert.equal((await second.listed()).sandbox_status, 'PAUSED');
    assert.equal((await bob.post(`/api/v1/sandboxes/${second.sandbox}/resume`)).status, 404);
    assert.equal((await ada.post(`/api/v1/sandboxes/${second.sandbox}/resume`)).status, 200);
    await second.running();
    assert.match(await conversationOf(ada, second.id).shell('cat two.txt'), /two/);
  });
});
