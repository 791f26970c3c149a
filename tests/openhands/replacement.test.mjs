// An instance is replaced: what is on it is gone; the shared files, the bucket and the database are all that is left.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startBench } from './bench.mjs';
import { ADA, BOB } from './client.mjs';
import { whyNot } from './engine.mjs';
import { chooseModel, events, finished, look, outputs, say, startConversation } from './journey.mjs';
import { waitFor } from './shell.mjs';

const skip = (await whyNot()) ?? false;

describe('a new instance', { skip, concurrency: false }, () => {
  let bench;
  let ada;
  let conversation;
  before(async () => {
    bench = await startBench();
    ada = await bench.login(ADA);
    await chooseModel(ada, bench.llm);
    conversation = await startConversation(ada, 'run: echo first > /workspace/project/kept.txt\nsay: written');
    await finished(ada, conversation);
  }, { timeout: 600_000 });
  after(() => bench?.stop());

  test('has the conversations, settings and files of the one before, and the agent goes on', async () => {
    const earlier = await events(ada, conversation);
    await bench.instance.destroy();
    assert.equal((await ada.get('/api/v1/settings')).status, 502);
    await (await bench.boot()).ready('/api/health');
    assert.equal((await ada.get('/api/v1/settings')).json().agent_settings.llm.model, bench.llm.model);
    assert.notEqual((await look(ada, conversation.id)).sandbox_status, 'RUNNING');
    const kept = (await events(ada, conversation)).map(({ id }) => id);
    assert.deepEqual(earlier.filter(({ id }) => !kept.includes(id)), [], 'no event is lost');

    const bob = await bench.login(BOB);
    assert.equal((await bob.post(`/api/v1/app-conversations/${conversation.id}/resume`)).status, 404);
    const resumed = await ada.post(`/api/v1/app-conversations/${conversation.id}/resume`, undefined, { seconds: 200 });
    assert.equal(resumed.status, 200, resumed.text);
    await waitFor('the sandbox', async () => (await look(ada, conversation.id)).sandbox_status === 'RUNNING', { seconds: 120 });
    const before = bench.llm.requests.length;
    await say(ada, conversation, 'run: cat /workspace/project/kept.txt\nsay: seen');
    const seen = await waitFor('the agent', async () => {
      const found = outputs(await events(ada, conversation)).find(({ command }) => command.startsWith('cat '));
      return found;
    }, { seconds: 90 });
    assert.equal(seen.text.trim(), 'first');
    const asked = JSON.stringify(bench.llm.requests.slice(before).map(({ body }) => body.messages));
    assert.match(asked, /echo first/, 'the model is given what was said before');
  });
});
