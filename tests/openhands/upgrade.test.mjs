// An upgrade between releases of OpenHands preserves users, settings, secrets and conversations.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { DEFAULT_VERSION, startBench } from './bench.mjs';
import { ADA, BOB } from './client.mjs';
import { chooseModel, startConversation } from './conversation.mjs';
import { images, load } from './images.mjs';

// From the oldest supported release to the default one. With OHINFRA_OPENHANDS_VERSION: from the default release to that version.
const NEWER = process.env.OHINFRA_OPENHANDS_VERSION ?? DEFAULT_VERSION;
const OLDER = NEWER === DEFAULT_VERSION ? '1.7.0' : DEFAULT_VERSION;

describe(`an upgrade from ${OLDER} to ${NEWER}`, { skip: NEWER === '1.7.0' && 'no older release is supported' }, () => {
  let bench;
  let ada;
  let bob;
  let conversation;
  let eventsBefore;

  before(async () => {
    bench = await startBench({ version: OLDER });
    [ada, bob] = [await bench.login(ADA), await bench.login(BOB)];
    for (const user of [ada, bob]) await chooseModel(user, bench.llm);
    assert.equal((await ada.post('/api/secrets', { name: 'DEPLOY', value: 'kept', description: 'of Ada' })).status < 300
      || (await ada.post('/api/v1/secrets', { name: 'DEPLOY', value: 'kept', description: 'of Ada' })).status < 300, true);
    conversation = await startConversation(ada, 'run: echo "from the old release" > old.txt\nsay: written');
    await conversation.finished();
    eventsBefore = (await conversation.events()).map((one) => one.id);
    await bench.instance.destroy();
    await load(bench.engine, await images(NEWER));
    await bench.boot({ version: NEWER });
    await bench.instance.ready();
  });
  after(() => bench?.stop());

  test('preserves settings, secrets, conversations with their owner, and events', async () => {
    assert.equal((await ada.get('/api/v1/settings')).json().agent_settings.llm.model, bench.llm.model);
    assert.match((await ada.get('/api/v1/secrets/search')).text, /DEPLOY/);
    assert.equal((await conversation.listed()).created_by_user_id, ADA.id);
    const events = (await conversation.events()).map((one) => one.id);
    assert.deepEqual(eventsBefore.filter((id) => !events.includes(id)), []);
    assert.deepEqual((await bob.get('/api/v1/app-conversations/search')).json().items, []);
  });

  test('allows resuming a conversation of the old release with its files', async () => {
    await conversation.running();
    assert.match(await conversation.shell('cat old.txt'), /from the old release/);
  });
});
