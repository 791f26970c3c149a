// Everything together, in the order in which a deployment comes to be; `stop` ends it in the reverse order.
import { randomBytes } from 'node:crypto';

import { startCognito } from '../../crates/openhands/payload/edge/tests/cognito.mjs';
import { ACCOUNT, DATABASE_SECRET, ORIGIN_SECRET, SANDBOX_SECRET, startAws } from './aws.mjs';
import { bootValues, daemonSettings, readSettings, writeBundle, writeOverlay } from './bundle.mjs';
import { login } from './client.mjs';
import { USER, startDatabase } from './database.mjs';
import { startEngine } from './engine.mjs';
import { startFront } from './front.mjs';
import { images, load } from './images.mjs';
import { startInstance } from './instance.mjs';
import { startLlm } from './llm.mjs';
import { startDns, startMetadata } from './outside.mjs';
import { all, empty } from './shell.mjs';
import { startUserConfig } from './user-config.mjs';

export const DEFAULT_VERSION = '1.11.0';

/** Role credentials, as the metadata service and STS give them; LocalStack takes the key's id for the account. */
const credentials = (name) => ({
  Code: 'Success', Type: 'AWS-HMAC', AccessKeyId: ACCOUNT, SecretAccessKey: 'test', Token: name, SessionToken: name,
  LastUpdated: '2026-01-01T00:00:00Z', Expiration: '2099-01-01T00:00:00Z',
});

/**
 * Starts the bench for a version of OpenHands. `values` are fields of `Boot`, `sandbox` changes the overlay's limits (also to values that
 * no configuration has), `environment` is added to the app's. `boot: false` leaves the instance to the caller: `bench.boot()`.
 */
export async function startBench({ version = process.env.OHINFRA_OPENHANDS_VERSION ?? DEFAULT_VERSION, boot = true, wait = true, values = {}, sandbox = {}, environment = {}, log = () => {} } = {}) {
  const bench = { version };
  const stops = [];
  const started = Date.now();
  const add = async (name, what) => {
    const began = Date.now();
    const part = await what;
    if (part?.stop) stops.push(() => (part.remove ?? part.stop)());
    log(`${name}: ${((Date.now() - began) / 1000).toFixed(1)} s`);
    return part;
  };
  bench.stop = async () => {
    for (const stop of stops.splice(0).reverse()) await stop().catch((error) => console.error(error.message));
  };
  try {
    const wanted = await add('images', images(version));
    bench.engine = await add('engine', startEngine({ daemon: daemonSettings() }));
    const { engine } = bench;
    empty(engine.efs);
    await add('loading', load(engine, wanted));
    bench.originSecret = randomBytes(24).toString('hex');
    bench.sandboxKey = randomBytes(32).toString('hex');
    const { vpc, internet, metadata } = engine.at;
    // What nobody would choose: everything that has to be quoted somewhere.
    bench.password = `p@:/%'"\\ ${randomBytes(8).toString('hex')}`;
    const secrets = {
      [ORIGIN_SECRET]: bench.originSecret, [SANDBOX_SECRET]: bench.sandboxKey,
      [DATABASE_SECRET]: JSON.stringify({ username: USER, password: bench.password }),
    };
    [bench.database, bench.aws, bench.llm, bench.dns, bench.metadata, bench.cognito] = await all([
      add('database', startDatabase(vpc, { password: bench.password })),
      add('AWS', startAws(vpc, { secrets })),
      add('model', startLlm(internet)),
      add('names', startDns(vpc, {})),
      add('metadata', startMetadata(metadata, { device: engine.at.device, credentials: credentials('instance') })),
      add('Cognito', startCognito()),
    ]);
    bench.userConfig = await add('function', startUserConfig(bench.aws));
    /**
     * Boots an instance; `version` and fields of `Boot` are for this one. `bench.settings` is what the overlay is given: a test may
     * change it and reload.
     */
    bench.boot = async ({ version: release = version, ...more } = {}) => {
      const bootable = await bootValues({ ...bench, version: release, hasQuota: engine.hasQuota }, { ...values, ...more });
      await writeBundle(engine.opt, bootable);
      bench.settings = readSettings(engine.opt);
      Object.assign(bench.settings.sandbox, sandbox);
      writeOverlay(engine.opt, bench.settings);
      bench.instance = await startInstance(engine, {
        aws: bench.aws, credentials: credentials('sandbox'), environment: { AWS_ENDPOINT_URL: bench.aws.endpoint, ...environment },
      });
      return bench.instance;
    };
    /** Takes `bench.settings` and the overlay's present files, and restarts the app with them; sandboxes stay. */
    bench.reload = async () => {
      writeOverlay(engine.opt, bench.settings);
      await engine.docker(['restart', '--time', '5', 'openhands-app']);
      return bench.instance.ready();
    };
    if (boot) {
      await add('boot', bench.boot());
      if (wait) await add('app', bench.instance.ready());
    }
    bench.front = await add('edge', startFront({ ...bench, instance: engine.at.instance }));
    bench.login = (user) => login(bench.front, bench.cognito, user);
    log(`all: ${((Date.now() - started) / 1000).toFixed(1)} s`);
    return bench;
  } catch (error) {
    if (bench.instance) error.message += `\n${(await bench.instance.logs().catch(() => '')).slice(-6000)}`;
    if (!process.env.OHINFRA_KEEP) await bench.stop();
    throw error;
  }
}
