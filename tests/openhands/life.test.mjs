// Lifecycle of conversations: the limit per user, pausing of idle sandboxes, and deletion of old archived conversations.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { startBench } from './bench.mjs';
import { ADA, BOB } from './client.mjs';
import { chooseModel, startConversation } from './conversation.mjs';
import { waitFor } from './shell.mjs';

let bench;
let ada;
let bob;
const log = async () => bench.instance.logs();

before(async () => {
  bench = await startBench({ sandbox: { per_user: 1, idle_minutes: 0, round_seconds: 1 } });
  [ada, bob] = [await bench.login(ADA), await bench.login(BOB)];
  for (const user of [ada, bob]) await chooseModel(user, bench.llm);
});
after(() => bench?.stop());

describe('conversations', () => {
  let first;
  let second;
  let bobs;

  test('above the limit per user pause the oldest one of the same user only', async () => {
    bobs = await startConversation(bob, 'say: of Bob');
    first = await startConversation(ada, 'run: echo one > one.txt\nsay: first');
    await first.finished();
    second = await startConversation(ada, 'say: second');
    assert.equal((await first.listed()).sandbox_status, 'PAUSED');
    assert.equal((await second.listed()).sandbox_status, 'RUNNING');
    assert.equal((await bobs.listed()).sandbox_status, 'RUNNING');
    // A stopped sandbox uses no memory.
    const states = (await bench.instance.sandboxes()).map((one) => [one.Config.Labels.conversation_id, one.State.Status]);
    assert.equal(Object.fromEntries(states)[first.id], 'exited');
    await second.finished();
  });

  test('are paused when idle, and resume with their files', async () => {
    bench.settings.sandbox = { ...bench.settings.sandbox, idle_minutes: 0.05, per_user: 3 };
    await bench.reload();
    for (const one of [second, bobs]) {
      await waitFor('the pause of an idle sandbox', async () => (await one.listed()).sandbox_status === 'PAUSED', { seconds: 60, every: 500 });
    }
    bench.settings.sandbox = { ...bench.settings.sandbox, idle_minutes: 0 };
    await bench.reload();
    assert.equal((await ada.post(`/api/v1/sandboxes/${first.sandbox}/resume`)).status, 200);
    await first.running();
    assert.match(await first.shell('cat one.txt'), /one/);
  });

  test('are deleted with all data after the retention period, except running ones', async () => {
    await bench.engine.docker(['rm', '--force', bobs.sandbox]);
    bench.settings.sandbox = { ...bench.settings.sandbox, retention_days: 0.00002 };
    await bench.reload();
    await waitFor('the deletion', async () => (await log()).includes('deleted conversation'), { seconds: 60, every: 500 });
    await waitFor('an empty list', async () => (await bob.get('/api/v1/app-conversations/search')).json().items.length === 0, { seconds: 60, every: 500 });
    assert.equal(existsSync(join(bench.engine.efs, 'workspace', bobs.id)), false);
    const keys = await bench.aws.run('import boto3, sys; print([e["Key"] for e in boto3.client("s3").list_objects_v2(Bucket=sys.argv[1], Prefix=sys.argv[2]).get("Contents", [])])', bench.aws.bucket, `users/${BOB.id}/v1_conversations/`);
    assert.equal(keys.trim(), '[]');
    // A conversation with a running sandbox is in use, regardless of the age of its last event.
    assert.equal((await first.listed()).sandbox_status, 'RUNNING');
    assert.equal(existsSync(join(bench.engine.efs, 'workspace', first.id)), true);
  });
});
