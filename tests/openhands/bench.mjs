// Starts all components of the bench in dependency order; `stop` stops them in reverse order.
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

/** Returns role credentials in the format of the metadata service and STS. LocalStack uses the access key ID as the account ID. */
const credentials = (name) => ({
  Code: 'Success', Type: 'AWS-HMAC', AccessKeyId: ACCOUNT, SecretAccessKey: 'test', Token: name, SessionToken: name,
  LastUpdated: '2026-01-01T00:00:00Z', Expiration: '2099-01-01T00:00:00Z',
});

/**
 * Starts the bench for a version of OpenHands. `values` are fields of `Boot`. `sandbox` overrides limits of the overlay, also with values
 * that a configuration rejects. `environment` contains additional variables of the app. With `boot: false`, the caller starts the instance
 * with `bench.boot()`.
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
    // All characters that require quoting in any of the formats.
    bench.password = `p@:/%'"\\ ${randomBytes(8).toString('hex')}`;
    const secrets = {
      [ORIGIN_SECRET]: bench.originSecret, [SANDBOX_SECRET]: bench.sandboxKey,
      [DATABASE_SECRET]: JSON.stringify({ username: USER, password: bench.password }),
    };
    [bench.database, bench.aws, bench.llm, bench.dns, bench.metadata, bench.cognito] = await all([
      add('database', startDatabase(vpc, { password: bench.password })),
      add('AWS', startAws(vpc, { secrets })),
      add('model', startLlm(internet)),
      add('DNS', startDns(vpc, {})),
      add('metadata', startMetadata(metadata, { device: engine.at.device, credentials: credentials('instance') })),
      add('Cognito', startCognito()),
    ]);
    bench.userConfig = await add('function', startUserConfig(bench.aws));
    /**
     * Boots an instance; `version` and fields of `Boot` apply to this instance only. `bench.settings` contains the settings of the
     * overlay; a test can change them and call `bench.reload()`.
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
    /** Installs `bench.settings` and the current overlay files, and restarts the app; sandboxes keep running. */
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
    log(`total: ${((Date.now() - started) / 1000).toFixed(1)} s`);
    return bench;
  } catch (error) {
    if (bench.instance) error.message += `\n${(await bench.instance.logs().catch(() => '')).slice(-6000)}`;
    if (!process.env.OHINFRA_KEEP) await bench.stop();
    throw error;
  }
}
