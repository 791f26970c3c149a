// Parts that do not answer: what users see meanwhile, and that nothing is lost.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';

import { startBench } from './bench.mjs';
import { ADA } from './client.mjs';
import { chooseModel, startConversation } from './conversation.mjs';
import { waitFor } from './shell.mjs';

let bench;
let ada;
let conversation;
const health = async (scope = '') => {
  const answer = await bench.instance.app(`/api/health${scope}`);
  return { ...answer.json(), code: answer.status };
};
/** Takes AWS off the instance's network, or puts it back. */
const plug = (how) => bench.engine.exec('iptables', [how, 'OUTPUT', '-p', 'tcp', '-d', bench.engine.at.vpc, '--dport', new URL(bench.aws.endpoint).port, '-j', 'REJECT', '--reject-with', 'tcp-reset']);
const healthy = () => waitFor('a healthy instance', async () => (await health()).code === 200, { seconds: 60 });

before(async () => {
  bench = await startBench({ sandbox: { round_seconds: 1 } });
  ada = await bench.login(ADA);
  await chooseModel(ada, bench.llm);
  conversation = await startConversation(ada, 'run: echo first > file.txt\nsay: first');
  await conversation.finished();
});
after(() => bench?.stop());
beforeEach(healthy);

/** Runs a test while something is away, and brings it back whatever happens. */
async function during(away, back, check) {
  await away();
  try {
    return await check();
  } finally {
    await back();
    await healthy();
  }
}

describe('the database is down', () => {
  test('health reports it, the instance scope stays healthy, users get a message, and nothing is lost', async () => {
    const before = (await conversation.events()).length;
    await during(bench.database.stop, bench.database.start, async () => {
      const seen = await health();
      assert.deepEqual([seen.code, seen.bucket, seen.docker], [503, 'ok', 'ok']);
      assert.notEqual(seen.database, 'ok');
      assert.equal((await health('?scope=instance')).code, 200);
      const answer = await ada.get('/api/v1/app-conversations/search');
      assert.equal(answer.status, 503, answer.text);
      assert.match(answer.json().error, /database does not answer/);
    });
    assert.equal((await conversation.listed()).id, conversation.id);
    assert.equal((await conversation.events()).length, before);
    assert.match(await conversation.shell('cat file.txt'), /first/);
  });
});

describe('the bucket does not answer', () => {
  test('health says so, and what an agent does meanwhile is in the bucket afterwards', async () => {
    const { session_api_key: key } = await conversation.running();
    const before = (await conversation.events()).length;
    await during(() => plug('-I'), () => plug('-D'), async () => {
      const seen = await health();
      assert.deepEqual([seen.code, seen.database, seen.docker], [503, 'ok', 'ok']);
      assert.notEqual(seen.bucket, 'ok');
      const answer = await ada.get('/api/v1/settings');
      assert.equal(answer.status, 503, answer.text);
      assert.match(answer.json().error, /AWS does not answer/);
      const body = { role: 'user', content: [{ type: 'text', text: 'run: echo during-the-outage > during.txt\nsay: done meanwhile' }], run: true };
      const said = await ada.request('POST', `${conversation.agent}/api/conversations/${conversation.id}/events`, { body, headers: { 'X-Session-API-Key': key } });
      assert.equal(said.status, 200, said.text);
      const status = () => ada.get(`${conversation.agent}/api/conversations/${conversation.id}`, { headers: { 'X-Session-API-Key': key } });
      await waitFor('the end of the turn', async () => (await status()).json().execution_status === 'finished', { seconds: 60, every: 500 });
    });
    await waitFor('the events of the outage', async () => JSON.stringify(await conversation.events()).includes('done meanwhile'), { seconds: 90, every: 1000 });
    assert.ok((await conversation.events()).length > before + 3);
  });
});

describe('docker does not answer', () => {
  test('health says so in both scopes, users are told, and sandboxes are there afterwards', async () => {
    const back = async () => {
      await bench.engine.startDocker();
      // As the unit does, which requires docker's: the containers get the socket of the new daemon.
      await bench.engine.docker(['restart', '--time', '5', 'openhands-app', 'openresty-proxy']);
      await bench.instance.ready();
    };
    await during(bench.engine.stopDocker, back, async () => {
      for (const scope of ['', '?scope=instance']) {
        const seen = await health(scope);
        assert.equal(seen.code, 503);
        assert.notEqual(seen.docker, 'ok');
      }
      const answer = await ada.get('/api/v1/app-conversations/search');
      assert.equal(answer.status, 503, answer.text);
      assert.match(answer.json().error, /docker does not answer/);
    });
    await conversation.running();
    assert.match(await conversation.shell('cat file.txt'), /first/);
  });
});

describe('the model does not answer', () => {
  test('the conversation says so, and goes on when it answers again', async () => {
    const { session_api_key: key } = await conversation.running();
    bench.llm.mood = 'refused';
    const body = { role: 'user', content: [{ type: 'text', text: 'run: echo never > never.txt\nsay: never' }], run: true };
    await ada.request('POST', `${conversation.agent}/api/conversations/${conversation.id}/events`, { body, headers: { 'X-Session-API-Key': key } });
    await waitFor('the error', async () => (await conversation.read()).execution_status === 'error', { seconds: 120, every: 500 });
    const errors = async () => (await conversation.events()).filter((one) => /Error/.test(one.kind));
    await waitFor('an event that the page can show', async () => (await errors()).length > 0, { seconds: 30, every: 500 });
    bench.llm.mood = '';
    assert.match(await conversation.shell('cat file.txt'), /first/);
  });
});
