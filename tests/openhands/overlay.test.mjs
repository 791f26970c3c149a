// Runs the tests of the overlay in the image of every supported release.
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { startEngine } from './engine.mjs';
import { imageTags, images, load, releases } from './images.mjs';
import { ROOT, empty } from './shell.mjs';

const PAYLOAD = join(ROOT, 'crates/openhands/payload');
const wanted = process.env.OHINFRA_OPENHANDS_VERSION ? [process.env.OHINFRA_OPENHANDS_VERSION] : (await releases()).map((one) => one.version);

describe('the overlay', () => {
  let engine;

  before(async () => {
    engine = await startEngine();
    empty(engine.opt);
    cpSync(join(PAYLOAD, 'overlay'), join(engine.opt, 'overlay'), { recursive: true });
    cpSync(join(PAYLOAD, 'user-config/function/user_data'), join(engine.opt, 'overlay/user_data'), { recursive: true });
  });
  after(() => engine?.stop());

  for (const version of wanted) {
    test(`supports OpenHands ${version}`, async () => {
      await load(engine, await images(version));
      const names = await imageTags(version);
      const tag = names.agentServer.split(':').at(-1);
      const { status, stdout, stderr } = await engine.docker([
        'run', '--rm', '--network', 'none', '--volume', '/opt/openhands/overlay:/opt/ohinfra:ro', '--workdir', '/opt/ohinfra/tests', '--entrypoint', 'python',
        '--env', 'PYTHONPATH=/opt/ohinfra', '--env', 'PYTHONDONTWRITEBYTECODE=1', '--env', `OHINFRA_AGENT_SERVER_TAG=${tag}`,
        names.app, '-m', 'unittest', 'discover', '-s', '.',
      ], { check: false });
      assert.equal(status, 0, `${stdout}\n${stderr}`.slice(-6000));
      assert.match(stderr, /^Ran \d\d+ tests/m);
      assert.doesNotMatch(stderr, /skipped/);
    });
  }
});
