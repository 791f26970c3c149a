// Starts the bench and leaves it running until SIGINT or SIGTERM: `node tests/openhands/up.mjs [VERSION]`. Prints its addresses as JSON.
// SIGHUP installs the current overlay files and restarts the app. If the app fails to start, the bench reports it and keeps running.
import { ADA, BOB } from './client.mjs';
import { startBench } from './bench.mjs';

const version = process.argv[2];
const log = (line) => console.error(line);
const bench = await startBench({ ...(version ? { version } : {}), wait: false, log });
const report = (what) => what.then(() => log('app: ready'), async (error) => log(`${error.message}\n${(await bench.instance.logs()).slice(-4000)}`));
await report(bench.instance.ready());
const [ada, bob] = [await bench.login(ADA), await bench.login(BOB)];
const cookie = (client) => [...client.jar].map(([name, value]) => `${name}=${value}`).join('; ');
const { engine, instance, database, aws, llm, front } = bench;
console.log(JSON.stringify({
  edge: { url: front.url, secure_url: `https://127.0.0.1:${front.securePort}`, host_header: 'openhands.example.com' },
  users: { ada: { ...ADA, cookie: cookie(ada) }, bob: { ...BOB, cookie: cookie(bob) } },
  instance: { app: `http://${instance.address}:3000`, nginx: `http://${instance.address}:8080` },
  docker: `unix://${engine.socket}`,
  on_instance: `nsenter --target=${engine.init} --mount --net --pid -- COMMAND`,
  process: process.pid,
  bundle: engine.opt, shared_files: engine.efs,
  origin_secret: bench.originSecret,
  database: { host: database.host, port: database.port, name: database.name, user: database.user, password: database.password, socket_folder: database.folder },
  aws: { ...aws.environment, bucket: aws.bucket, kms_key_id: aws.keyId },
  llm: { model: llm.model, base_url: llm.url, api_key: llm.key },
}, null, 2));
process.on('SIGHUP', () => report(bench.reload()));
await new Promise((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, resolve);
});
await bench.stop();
process.exit(0);
