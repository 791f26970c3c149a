// Page tests in Chromium: error pages of the edge and the routing, emails, and images of the login page;
// then a user who opens the application of an agent.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';

import { startCognito } from '../../crates/openhands/payload/edge/tests/cognito.mjs';
import { container, freePort, startDocker, startNginx, startServer } from '../../crates/openhands/payload/routing/tests/stand-ins.mjs';

import { startBench } from './bench.mjs';
import { PICTURES, SCREENS, loginInBrowser, look, pictureOf, startBrowser } from './browser.mjs';
import { ADA, BOB } from './client.mjs';
import { chooseModel, startConversation } from './conversation.mjs';
import { whyNot } from './engine.mjs';
import { HOST, startFront } from './front.mjs';
import { ROOT } from './shell.mjs';

const PAYLOAD = join(ROOT, 'crates/openhands/payload');
const MAIN = `https://${HOST}/`;

console.log(`screenshots: ${PICTURES}`);

/** Checks a page: readable on the screen, no console errors, the language, heading, text and first link. */
async function check(window, name, screen, { heading, link, words }) {
  const seen = await look(window.page, pictureOf(name, screen));
  assert.deepEqual(window.problems, [], name);
  assert.equal(seen.language, 'en', name);
  assert.equal(seen.heading, heading, `${name}: ${seen.text}`);
  assert.match(seen.text, words, name);
  assert.ok(seen.overflow <= 0, `${name} is ${seen.overflow} pixels too wide on a ${screen}`);
  assert.ok(seen.smallest >= 14, `${name}: the smallest text has ${seen.smallest} pixels`);
  assert.ok(seen.contrast >= 4.5, `${name}: the lowest contrast is ${seen.contrast}`);
  assert.deepEqual(seen.links.at(0), link, name);
}

describe('in a browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ohinfra-page-'));
  const parts = [];
  const add = async (part) => {
    parts.push(await part);
    return part;
  };
  let browser;
  let cognito;
  let docker;
  let closed;
  let number = 0;
  const label = (port, id) => `${port}-${id}`;
  const host = (name) => `https://${name}.runtime.${HOST}/`;
  const fresh = () => (number += 1).toString(16).padStart(32, '0');

  before(async () => {
    cognito = await add(startCognito());
    docker = await add(startDocker(join(folder, 'docker.sock')));
    const app = await add(startServer('127.0.0.1', 0, 'app'));
    const values = { app_address: `127.0.0.1:${app.port}`, docker_socket: join(folder, 'docker.sock'), public_access: false };
    const nginx = await add(startNginx(values));
    const front = await add(startFront({ cognito, instance: '127.0.0.1', originSecret: 'x', ports: { app: app.port, routing: nginx.port } }));
    browser = await add(startBrowser(front));
    closed = await freePort();
  });
  after(async () => {
    for (const part of parts.reverse()) await part.stop();
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => {
    docker.containers = [];
    docker.mood = '';
    cognito.tokenMood = '';
    cognito.nextClaims = {};
  });

  /** Opens and checks a page on every screen; `prepare` runs before. */
  async function show(name, { user, prepare, url, follow = false, ...expected }) {
    for (const screen of SCREENS) {
      const window = await browser.open(screen);
      if (user) await loginInBrowser(window, cognito, user);
      const address = typeof url === 'function' ? url() : url;
      await prepare?.(window);
      await window.page.goto(address);
      await check(window, name, screen.name, expected);
      if (follow) {
        await window.page.click('a');
        await window.page.waitForURL(MAIN);
      }
      await window.close();
    }
  }

  const again = ['Log in again', MAIN];
  const remember = (state) => async ({ context }) => {
    const value = Buffer.from(JSON.stringify({ state, nonce: 'n', verifier: 'v', target: '/' })).toString('base64url');
    await context.addCookies([{ name: 'login_state', value, domain: HOST, path: '/_callback', secure: true, httpOnly: true, sameSite: 'Lax' }]);
  };
  const refused = { heading: 'Login failed', link: again };
  const failures = {
    'an error of the login service': {
      ...refused, words: /returned an error: User is disabled/, follow: true,
      url: `${MAIN}_callback?error=access_denied&error_description=User+is+disabled`,
    },
    'a long error with markup': {
      ...refused, words: /<script>alert\(1\)<\/script>/,
      url: `${MAIN}_callback?error=${encodeURIComponent(`<script>alert(1)</script>${'PreSignUp-failed-with-error-'.repeat(9)}`)}`,
    },
    'an expired login': { heading: 'Login expired', link: again, words: /longer than 10 minutes/, url: `${MAIN}_callback?code=x&state=x`, follow: true },
    'a missing code': { ...refused, words: /did not return an authorization code/, prepare: remember('s'), url: `${MAIN}_callback?state=s` },
    'a used code': { ...refused, words: /rejected the authorization code/, prepare: remember('s'), url: `${MAIN}_callback?code=x&state=s` },
    'an outage of the login service': {
      heading: 'Login service unavailable', link: again, words: /did not respond/, url: MAIN,
      prepare: () => {
        cognito.tokenMood = 'down';
      },
    },
    'a token for another login': {
      ...refused, words: /a token that is not valid/, url: MAIN,
      prepare: () => {
        cognito.nextClaims = { nonce: 'another' };
      },
    },
  };
  describe('the login shows an error page for', () => {
    for (const [name, one] of Object.entries(failures)) test(name, () => show(name, one));
  });

  test('a logout ends the session and redirects to the login service', async () => {
    const window = await browser.open();
    await loginInBrowser(window, cognito, ADA);
    const names = async () => (await window.context.cookies()).map((one) => one.name);
    assert.deepEqual((await names()).sort(), ['id_token', 'refresh_token']);
    await window.page.goto(`${MAIN}_logout`);
    assert.equal(window.page.url(), `${cognito.url}/logout?client_id=client-1&logout_uri=${encodeURIComponent(MAIN)}`);
    assert.deepEqual(await names(), []);
    await window.close();
  });

  const home = ['Open OpenHands', MAIN];
  describe('the edge shows an error page for', () => {
    test('an application without a login', () =>
      show('application without login', { url: host(label(8011, fresh())), heading: 'Login required', words: /then open this address again/, link: ['Log in', MAIN], follow: true }));
    test('an unknown application', () =>
      show('unknown application', { url: host('editor'), heading: 'Application not found', words: /No application has this address/, link: home }));
    test('a path with dot segments', () =>
      show('dot segments', { user: ADA, url: `${host(label(8011, fresh()))}a%2f..%2fb`, heading: 'Invalid path', words: /must not contain/, link: home }));
    test('an unknown site', () =>
      show('unknown site', { url: 'https://other.example.com/', heading: 'Site not found', words: /No site has this address/, link: home }));
  });

  describe('the routing shows an error page for', () => {
    const refusal = (name, make, expected) =>
      test(name, () => show(name, {
        user: ADA, link: home, ...expected,
        url: () => {
          const id = fresh();
          docker.containers = [make?.(id)].filter(Boolean);
          return (expected.at ?? ((one) => host(label(8011, one))))(id);
        },
      }));
    const again = (at) => (id) => `${host(label(at, id))}`;
    refusal('a conversation without a sandbox', undefined, { heading: 'Sandbox not running', words: /Open the conversation/, follow: true });
    refusal('a sandbox of another user', (id) => container(id, BOB.id, '127.0.0.2'), { heading: 'Access denied', words: /another user/ });
    refusal('a sandbox without an owner', (id) => container(id, undefined, '127.0.0.2'), { heading: 'Access denied', words: /no owner/ });
    refusal('an application on the main host', undefined, { heading: 'Application not found', words: /own hosts/, at: (id) => `${MAIN}runtime/${id}/8011/` });
    refusal('an unknown path', undefined, { heading: 'Page not found', words: /No page/, at: () => `${MAIN}runtime/x` });
    const retry = (name, make, expected) =>
      test(name, async () => {
        for (const screen of SCREENS) {
          const window = await browser.open(screen);
          await loginInBrowser(window, cognito, ADA);
          const id = fresh();
          docker.mood = expected.mood ?? '';
          docker.containers = [make(id)];
          const url = again(expected.port?.() ?? 8011)(id);
          await window.page.goto(url);
          await check(window, name, screen.name, { ...expected, link: ['Try again', url] });
          await window.close();
        }
      });
    retry('a port without a listener', (id) => container(id, ADA.id, '127.0.0.2'), { heading: 'Application not running', words: /No server is listening on port \d+/, port: () => closed });
    retry('an agent that is not listening yet', (id) => container(id, ADA.id, '127.0.0.2'), { heading: 'Agent not ready', words: /is not listening yet/, port: () => 8000 });
    retry('a sandbox without an IP address', (id) => container(id, ADA.id), { heading: 'Sandbox not ready', words: /few seconds/ });
    retry('any application during a Docker outage', (id) => container(id, ADA.id), { heading: 'Temporarily unavailable', words: /Docker did not respond/, mood: 'failing' });
  });

  describe('the email template', () => {
    const values = { site_name: 'Acme & Söhne OpenHands', domains: [HOST, `code.${'very-long-'.repeat(5)}department.example.com`] };
    const rendered = spawnSync(process.env.OHINFRA_RENDER_PAYLOAD, ['mail'], { input: JSON.stringify(values), encoding: 'utf8' });
    const mails = JSON.parse(rendered.stdout);
    const expected = {
      invitation: { heading: 'Welcome to Acme & Söhne OpenHands', words: /ada@example\.com[^]*Temporary password: aB3\$xy9Q/ },
      verification: { heading: 'Your Acme & Söhne OpenHands verification code', words: /123456/ },
    };
    for (const [name, mail] of Object.entries(mails)) {
      test(`${name} is readable and links to every site`, async () => {
        const code = name === 'invitation' ? 'aB3$xy9Q' : '123456';
        const body = mail.body.replaceAll('{####}', () => code).replaceAll('{username}', 'ada@example.com');
        for (const screen of SCREENS) {
          const window = await browser.open(screen);
          await window.page.setContent(body);
          await check(window, `email ${name}`, screen.name, { ...expected[name], link: [MAIN, MAIN] });
          assert.equal((await window.page.$$('a')).length, values.domains.length);
          await window.close();
        }
      });
    }
  });

  test('the images of the login page contrast with the background', async () => {
    const svg = (name) => `data:image/svg+xml;base64,${readFileSync(join(PAYLOAD, 'branding', name)).toString('base64')}`;
    const rows = [['light', '#ffffff'], ['dark', '#0f141a']].map(([mode, color]) => {
      const sizes = [['logo', 240], ['logo', 120], ['favicon', 64], ['favicon', 16]];
      return `<div style="background:${color};padding:24px">${sizes.map(([name, width]) => `<img alt="" width="${width}" src="${svg(`${name}-${mode}.svg`)}">`).join(' ')}</div>`;
    });
    const window = await browser.open({ viewport: { width: 640, height: 240 } });
    await window.page.setContent(`<!doctype html><html lang="en"><body style="margin:0">${rows.join('')}</body></html>`);
    await window.page.screenshot({ path: join(PICTURES, 'branding.png') });
    const drawn = await window.page.evaluate(async () => {
      const shown = [];
      for (const image of document.images) {
        await image.decode();
        const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height });
        const paper = canvas.getContext('2d');
        paper.drawImage(image, 0, 0, image.width, image.height);
        const pixels = paper.getImageData(0, 0, image.width, image.height).data;
        let [inked, light] = [0, 0];
        for (let at = 0; at < pixels.length; at += 4) {
          if (pixels[at + 3] < 200) continue;
          inked += 1;
          light += (pixels[at] + pixels[at + 1] + pixels[at + 2]) / 3;
        }
        shown.push({ ink: inked / (image.width * image.height), light: light / inked });
      }
      return shown;
    });
    assert.deepEqual(window.problems, []);
    for (const [n, { ink, light }] of drawn.entries()) {
      assert.ok(ink > 0.02 && ink < 0.6, `image ${n} covers ${ink}`);
      assert.ok(n < 4 ? light < 60 : light > 200, `image ${n} has the brightness ${light} of 255`);
    }
    await window.close();
  });
});

const skip = (await whyNot()) ?? false;

describe('a user with a browser', { skip }, () => {
  let bench;
  let browser;
  let window;
  let conversation;

  before(async () => {
    bench = await startBench();
    browser = await startBrowser(bench.front);
    window = await browser.open(SCREENS[1]);
  }, { timeout: 600_000 });
  after(async () => {
    await browser?.stop();
    await bench?.stop();
  });
  const ask = (page, url, options = {}) =>
    page.evaluate(async ([where, how]) => {
      try {
        const answer = await fetch(where, how);
        return { status: answer.status, text: await answer.text() };
      } catch (error) {
        return { error: error.name };
      }
    }, [url, options]);

  test('logs in and uses the API with the session', async () => {
    await loginInBrowser(window, bench.cognito, ADA, '/openapi.json');
    assert.equal(window.page.url(), `${MAIN}openapi.json`);
    const settings = await ask(window.page, '/api/v1/settings');
    assert.equal(settings.status, 200, settings.text);
    assert.equal(JSON.parse((await ask(window.page, '/api/v1/users/me')).text).id, ADA.id);
    assert.equal(await window.page.evaluate('document.cookie'), '', 'scripts cannot read the session cookies');
  });

  test('opens an application of the agent on its own host', async () => {
    const ada = await bench.login(ADA);
    await chooseModel(ada, bench.llm);
    conversation = await startConversation(ada, [
      `run: printf '%s' '<!doctype html><html lang="en"><title>Made by the agent</title><h1>Made by the agent</h1><a href="other.html">other</a><script src="script.js"></script>' > index.html`,
      'run: echo "document.title = String(6 * 7)" > script.js',
      'run: (python3 -m http.server 8011 > /dev/null 2>&1 &) ; sleep 1; echo started',
      'say: it is served',
    ].join('\n'));
    await conversation.finished();
    const response = await window.page.goto(`https://8011-${conversation.id}.runtime.${HOST}/`);
    assert.equal(response.status(), 200);
    const seen = await look(window.page, 'application-dark');
    assert.deepEqual([seen.heading, seen.title], ['Made by the agent', '42'], 'the script of the page ran');
  });

  test('cannot be impersonated by an application', async () => {
    // The hosts are same-site, so the browser sends the cookie, but a page of another origin cannot read the response.
    for (const url of [`${MAIN}api/v1/settings`, `${MAIN}api/v1/secrets/search`]) {
      assert.deepEqual(await ask(window.page, url, { credentials: 'include' }), { error: 'TypeError' }, url);
    }
    assert.equal(await window.page.evaluate('document.cookie'), '');
    const written = await ask(window.page, `${MAIN}api/v1/secrets`, {
      method: 'POST', credentials: 'include', headers: { 'Content-Type': 'application/json' }, body: '{"name":"PLANTED","value":"x"}',
    });
    assert.deepEqual(written, { error: 'TypeError' });
    // Requests without a preflight: the app would parse a body without a content type as JSON.
    const statuses = [];
    window.page.on('response', (response) => statuses.push(`${response.request().method()} ${response.status()}`));
    await window.page.evaluate(async (url) => {
      for (const [name, type] of [['PLANTED_1', ''], ['PLANTED_2', 'text/plain']]) {
        const body = new Blob([JSON.stringify({ name, value: 'x' })], { type });
        await fetch(url, { method: 'POST', mode: 'no-cors', credentials: 'include', body });
      }
    }, `${MAIN}api/v1/secrets`);
    assert.deepEqual(statuses, ['POST 403', 'POST 403']);
    await window.page.goto(`${MAIN}openapi.json`);
    assert.doesNotMatch((await ask(window.page, '/api/v1/secrets/search')).text, /PLANTED/);
  });

  test('gets an error page for an application of another user, or without a login', async () => {
    const url = `https://8011-${conversation.id}.runtime.${HOST}/`;
    const bob = await browser.open(SCREENS[0]);
    await loginInBrowser(bob, bench.cognito, BOB, '/openapi.json');
    await bob.page.goto(url);
    await check(bob, 'application of another user', 'phone', { heading: 'Access denied', words: /another user/, link: ['Open OpenHands', MAIN] });
    const anonymous = await browser.open(SCREENS[0]);
    await anonymous.page.goto(url);
    await check(anonymous, 'application without a session', 'phone', { heading: 'Login required', words: /Log in to OpenHands/, link: ['Log in', MAIN] });
    for (const one of [bob, anonymous]) await one.close();
  });
});
