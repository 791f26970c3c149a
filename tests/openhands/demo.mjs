// The OpenHands part of `cargo xtask demo --with-app`. Usage: `node tests/openhands/demo.mjs [--keep]`.
import { startBench } from './bench.mjs';
import { ADA, BOB, createClient } from './client.mjs';
import { chooseModel, startConversation } from './conversation.mjs';
import { whyNot } from './engine.mjs';
import { HOST } from './front.mjs';

const why = await whyNot();
if (why) {
  console.log(`OpenHands cannot run on this machine: ${why}`);
  process.exit(0);
}

const began = Date.now();
const say = (text) => console.log(`${((Date.now() - began) / 1000).toFixed(0).padStart(4)} s  ${text}`);
const expect = (what, answer, status) => {
  if (answer.status !== status) throw new Error(`${what}: expected status ${status}, got ${answer.status} ${answer.text}`);
};
const interrupted = new Promise((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, resolve);
});

/** Runs the scenario. Returns the address of the application. */
async function journey(bench) {
  const [ada, bob] = [await bench.login(ADA), await bench.login(BOB)];
  say(`Ada and Bob logged in through the edge of ${HOST}.`);
  await chooseModel(ada, bench.llm);
  const conversation = await startConversation(ada, [
    'run: echo "<h1>Written by the agent</h1>" > index.html',
    'run: (python3 -m http.server 8011 > /dev/null 2>&1 &) ; sleep 1; echo started',
    'say: The page is served on port 8011.',
  ].join('\n'));
  await conversation.finished();
  say(`Ada's agent wrote index.html and serves it from its sandbox (conversation ${conversation.id}).`);
  const page = await conversation.application(8011);
  expect('the application', page, 200);
  const address = `https://8011-${conversation.id}.runtime.${HOST}/`;
  say(`Ada opens ${address}: ${page.status}, ${page.text.trim()}`);
  const [his, anonymous] = [await conversation.application(8011, '/', bob), await conversation.application(8011, '/', createClient(bench.front))];
  expect('the application for Bob', his, 403);
  expect('the application without a login', anonymous, 401);
  const { session_api_key: key } = await conversation.running();
  const agent = await bob.get(`${conversation.agent}/server_info`, { headers: { 'X-Session-API-Key': key } });
  expect('the agent server for Bob', agent, 403);
  const { items } = (await bob.get('/api/v1/app-conversations/search')).json();
  if (items.length > 0) throw new Error(`expected no conversations of Bob, got ${items.length}`);
  say(`Bob opens the same address: ${his.status}. Without a login: ${anonymous.status}. Ada's agent server, even with the key of her sandbox: ${agent.status}. Bob's conversations: ${items.length}.`);
  return address;
}

say('Starting OpenHands with Docker, PostgreSQL, LocalStack and the edge functions. The first start builds images and takes several minutes.');
let bench;
// Processes that have started by then end with this process.
void interrupted.then(() => bench ?? process.exit(130));
bench = await startBench();
try {
  say(`OpenHands ${bench.version} is running.`);
  const address = await Promise.race([journey(bench), interrupted]);
  if (typeof address !== 'string') {
    process.exitCode = 130;
  } else if (process.argv.includes('--keep')) {
    // The fake Cognito logs in every user as Ada.
    bench.cognito.nextClaims = { sub: ADA.id, email: ADA.email, email_verified: true };
    console.log(`
OpenHands keeps running until you press Ctrl-C. To open it in Chromium:

  chromium --user-data-dir="$(mktemp -d)" --ignore-certificate-errors \\
    --host-resolver-rules='MAP *.example.com 127.0.0.1:${bench.front.securePort}' https://${HOST}/docs

The login service logs you in as Ada. Then open the application at ${address}`);
    await interrupted;
  }
} catch (error) {
  console.error(`the demo failed: ${error.message}`);
  process.exitCode = 1;
} finally {
  await bench.stop();
}
process.exit();
