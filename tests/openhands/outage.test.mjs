// Outages of the database, S3, Docker and the model: users get an error message, and no data is lost.
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
/** Blocks (`-I`) or unblocks (`-D`) connections from the instance to AWS. */
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

/** Runs a check during an outage: `away` starts the outage, `back` always ends it. */
async function during(away, back, check) {
  await away();
  try {
    return await check();
  } finally {
    await back();
    await healthy();
  }
}

describe('during a database outage', () => {
  test('only the instance scope is healthy, users get an error message, and no data is lost', async () => {
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

describe('during an S3 outage', () => {
  test('health checks fail, and new events are stored after the outage', async () => {
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

describe('during a Docker outage', () => {
  test('health checks fail in both scopes, users get an error message, and sandboxes survive', async () => {
    const back = async () => {
      await bench.engine.startDocker();
      // Like the systemd unit, which requires the Docker unit: the containers get the socket of the new daemon.
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

describe('during a model outage', () => {
  test('the conversation shows an error, and continues after the outage', async () => {
    const { session_api_key: key } = await conversation.running();
    bench.llm.mood = 'refused';
    const body = { role: 'user', content: [{ type: 'text', text: 'run: echo never > never.txt\nsay: never' }], run: true };
    await ada.request('POST', `${conversation.agent}/api/conversations/${conversation.id}/events`, { body, headers: { 'X-Session-API-Key': key } });
    await waitFor('the error', async () => (await conversation.read()).execution_status === 'error', { seconds: 120, every: 500 });
    const errors = async () => (await conversation.events()).filter((one) => /Error/.test(one.kind));
    await waitFor('an error event', async () => (await errors()).length > 0, { seconds: 30, every: 500 });
    bench.llm.mood = '';
    assert.match(await conversation.shell('cat file.txt'), /first/);
  });
});
