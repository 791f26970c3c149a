// Requests of any form: an answer without an exception, on this host, without a forged header and without a secret.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { createHandler } from '../viewer-request/handler.mjs';
import { location, startCognito } from './cognito.mjs';

const HOST = 'openhands.example.com';
const REQUESTS = 12_000;
// CloudFront's limits for an answer that a viewer-request function makes: 40 KB in all, 10,240 bytes for one header.
const LARGEST_ANSWER = 40 * 1024;
const LARGEST_HEADER = 10_240;

let cognito;
before(async () => {
  cognito = await startCognito();
});
after(() => cognito.stop());

/** The same numbers for the same seed (mulberry32). */
function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function generator(seed, tokens) {
  const next = randomNumbers(seed);
  const below = (n) => Math.floor(next() * n);
  const pick = (list) => list[below(list.length)];
  const many = (most, make) => Array.from({ length: below(most) }, make);
  const noise = () => String.fromCharCode(...many(12, () => pick([below(32), 32 + below(95), below(256), below(65536)])));
  const fragments = [
    '/', '//', '\\', '..', '/../', '%2e%2e', '%2F', '%', '%zz', '%00', '\u0000', '\r\n', '\r\nX-Evil: 1', '?', '#', '@', ':', 'evil.example',
    'https://evil.example', 'javascript:alert(1)', '/_callback', '/_logout', '/_token/refresh', '/runtime/', 'a'.repeat(32), '8080',
    '__proto__', 'constructor', '😀', '\ud800', '<script>', '"', "'", ';', '=', ',', 'x'.repeat(9000), '',
  ];
  const word = () => many(6, () => (below(4) ? pick(fragments) : noise())).join('');
  const token = () => pick([...tokens, 'a.b.c', '...', `${noise()}.${noise()}.${noise()}`, word(), '']);
  const cookie = () =>
    many(8, () => {
      const name = pick(['id_token', 'refresh_token', 'login_state', 'x', '', '__proto__', word()]);
      const login = Buffer.from(JSON.stringify({ state: word(), nonce: 'n', verifier: 'v', target: word() })).toString('base64url');
      return `${name}${pick(['=', '==', ''])}${pick([token(), login, word(), 'good-refresh-token'])}`;
    }).join(pick(['; ', ';', ',', ' ']));
  const label = () => pick([`8080-${'a'.repeat(32)}`, `1-${'0'.repeat(32)}`, `99999-${'a'.repeat(32)}`, word(), '__proto__']);
  const host = () => pick([HOST, HOST, HOST.toUpperCase(), `${label()}.runtime.${HOST}`, `${label()}.runtime.${HOST}`, `${HOST}:443`, word()]);
  const values = () => many(3, () => ({ key: pick(['A', undefined]), value: pick([word(), undefined, null, 7]) }));

  return () => {
    const headers = { host: [{ key: 'Host', value: host() }] };
    const forged = ['x-cognito-user-id', 'X-COGNITO-USER-ID', 'x_cognito_user_id', 'x-cognito-email', 'x-cognito-groups', 'x-runtime-access'];
    for (const name of forged) if (below(3) === 0) headers[name] = [{ key: name, value: 'forged' }];
    if (below(3)) headers.cookie = many(3, () => ({ key: 'Cookie', value: cookie() }));
    if (below(3)) headers.accept = [{ key: 'Accept', value: pick(['text/html', '*/*', word()]) }];
    for (const name of ['sec-fetch-mode', 'sec-fetch-site', 'origin', 'upgrade']) {
      const usual = ['navigate', 'cors', 'same-origin', `https://${HOST}`, 'websocket'];
      if (below(4) === 0) headers[name] = pick([values(), [{ key: name, value: pick(usual) }]]);
    }
    if (below(20) === 0) headers[word()] = values();
    if (below(50) === 0) delete headers.host;
    const special = ['/', '/_callback', '/_logout', '/_token/refresh', `/runtime/${'a'.repeat(32)}/8080/`];
    const uri = pick([pick(special), `/${word()}`, word()]);
    const state = pick(['', `state=${word()}`, 'code=x&state=y', `error=${word()}`, `error_description=${word()}&error=`]);
    return { clientIp: '192.0.2.1', method: pick(['GET', 'POST', 'HEAD', 'OPTIONS', word()]), uri, querystring: pick([state, word()]), headers };
  };
}

function checkForwarded(request, was, settings) {
  for (const [name, list] of Object.entries(request.headers)) {
    if (!/cognito|runtime-access/i.test(name)) continue;
    for (const { value } of list) assert.notEqual(value, 'forged', `${name} was let through`);
  }
  const isPublic = request.headers['x-runtime-access'] !== undefined;
  const user = request.headers['x-cognito-user-id']?.[0].value;
  assert.ok(isPublic ? settings.runtime_access === 'public' && user === undefined : user === 'user-1', 'nobody passes unknown');
  const cookies = (request.headers.cookie ?? []).map(({ value }) => value).join(';');
  if (request.uri !== was) {
    assert.match(request.uri, /^\/runtime\/[0-9a-f]{32}\/[1-9][0-9]{0,4}/);
    const names = cookies.split(';').map((pair) => pair.split('=')[0].trim());
    assert.ok(!names.includes('id_token') && !names.includes('refresh_token'), 'an application sees no token');
  }
}

function checkAnswer(answer, settings) {
  assert.match(answer.status, /^(200|302|307|400|401|403|404|405|502)$/);
  let size = answer.body.length;
  for (const list of Object.values(answer.headers)) {
    for (const { key, value } of list) {
      assert.match(value, /^[\x20-\x7e]*$/, `${key} is not a header value`);
      assert.ok(value.length <= LARGEST_HEADER, `${key} is too long`);
      size += key.length + value.length + 4;
    }
  }
  assert.ok(size <= LARGEST_ANSWER, 'the answer is too large');
  const place = location(answer);
  if (place !== undefined) {
    const ours = new RegExp(`^https://([0-9]{1,5}-[0-9a-f]{32}\\.runtime\\.)?${HOST.replaceAll('.', '\\.')}/`);
    const cognitos = [`${settings.login_url}?`, `${settings.logout_url}?`].some((url) => place.startsWith(url));
    assert.ok(ours.test(place) || cognitos || /^\/(?![/\\])/.test(place), `a redirect to ${place}`);
  }
}

for (const [mode, seed] of [['owner', 1], ['public', 2]]) {
  test(`${REQUESTS} hostile requests in mode ${mode}`, async (context) => {
    const settings = cognito.settings({ runtime_access: mode });
    const handler = createHandler(settings);
    const logged = [];
    context.mock.method(console, 'error', (...words) => logged.push(words.join(' ')));
    const tokens = [cognito.token(), cognito.token({ exp: 1 }), cognito.token({ aud: 'x' }), cognito.token({}, { alg: 'none' })];
    const make = generator(seed, tokens);
    const seen = new Set();
    for (let n = 0; n < REQUESTS; n += 1) {
      const request = make();
      const [uri, shown] = [request.uri, JSON.stringify(request)];
      const result = await handler({ Records: [{ cf: { request } }] });
      try {
        if (result.status === undefined) checkForwarded(result, uri, settings);
        else checkAnswer(result, settings);
        const text = JSON.stringify(result.status === undefined ? {} : result);
        assert.ok(!text.includes(settings.client_secret), 'a secret in an answer');
      } catch (error) {
        error.message = `request ${n}: ${error.message}\n${shown.slice(0, 2000)}`;
        throw error;
      }
      seen.add(result.status ?? 'forwarded');
    }
    assert.deepEqual(logged, [], 'nothing was thrown');
    for (const kind of ['forwarded', '302', '400', '401', '404']) assert.ok(seen.has(kind), `${kind} was tried`);
  });
}
