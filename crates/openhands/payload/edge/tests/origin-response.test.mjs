import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { createHandler } from '../origin-response/handler.mjs';

const HOST = 'openhands.example.com';
const handler = createHandler({ full_domain: HOST });
const APP = `3000-${'b'.repeat(32)}.runtime.${HOST}`;

async function answer(host, uri, headers = {}) {
  const all = {};
  for (const [name, value] of Object.entries(headers)) {
    all[name.toLowerCase()] = [value].flat().map((one) => ({ key: name, value: one }));
  }
  const request = { uri, headers: { host: [{ key: 'Host', value: host }] } };
  const response = { status: '200', headers: all };
  const changed = await handler({ Records: [{ cf: { request, response } }] });
  return Object.fromEntries(Object.entries(changed.headers).map(([name, list]) => [name, list.map(({ value }) => value)]));
}

describe('on the main host', () => {
  test('pages are not cached', async () => {
    const pages = [['/'], ['/x.html'], ['/conversations/1'], ['/settings'], ['/other', { 'Content-Type': 'text/html; charset=utf-8' }]];
    for (const [uri, headers] of pages) {
      const { 'cache-control': control, pragma, expires } = await answer(HOST, uri, { 'Cache-Control': 'max-age=9', ...headers });
      assert.deepEqual([control, pragma, expires], [['no-cache, no-store, must-revalidate'], ['no-cache'], ['0']], uri);
    }
  });

  test('other responses and cookies are unchanged', async () => {
    const sent = { 'Content-Type': 'text/javascript', 'Cache-Control': 'max-age=9', 'Set-Cookie': 'id_token=x; Domain=example.com' };
    const got = await answer(HOST, '/assets/x.js', sent);
    assert.deepEqual(got, {
      'content-type': ['text/javascript'], 'cache-control': ['max-age=9'], 'set-cookie': ['id_token=x; Domain=example.com'],
    });
  });
});

test('agent server responses on the main host are sandboxed and set no cookies', async () => {
  const got = await answer('openhands.example.com', '/runtime/x/8000/api/file', { 'Content-Type': 'text/html', 'Set-Cookie': 'id_token=x' });
  assert.deepEqual(got, { 'content-type': ['text/html'], 'content-security-policy': ['sandbox'], 'x-content-type-options': ['nosniff'] });
});

describe('an application', () => {
  test('gets security headers in every response', async () => {
    const got = await answer(APP.toUpperCase(), '/runtime/x/1/', { 'X-Frame-Options': 'ALLOWALL', 'Content-Type': 'text/html' });
    assert.deepEqual(got, {
      'content-type': ['text/html'],
      'x-frame-options': ['SAMEORIGIN'],
      'x-content-type-options': ['nosniff'],
      'x-xss-protection': ['1; mode=block'],
      'referrer-policy': ['strict-origin-when-cross-origin'],
      'content-security-policy': ["frame-ancestors 'self'; default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob: https:;"],
    });
  });

  for (const [sent, expected] of [
    ['a=1', 'a=1; Secure; SameSite=Strict'],
    ['a=1; Domain=.example.com; Path=/', 'a=1; Path=/; Secure; SameSite=Strict'],
    ['a=1; DOMAIN=x;domain = y; HttpOnly', 'a=1; HttpOnly; Secure; SameSite=Strict'],
    ['a=1; samesite=None; secure', 'a=1; samesite=None; secure'],
    ['a=domain=x; Expires=Wed, 21 Oct 2037 07:28:00 GMT', 'a=domain=x; Expires=Wed, 21 Oct 2037 07:28:00 GMT; Secure; SameSite=Strict'],
    ['id_token=evil; Path=/', undefined],
    [' refresh_token =evil', undefined],
    ['=id_token=evil', undefined],
    ['id_token', undefined],
    ['id_token2=fine', 'id_token2=fine; Secure; SameSite=Strict'],
    ['', undefined],
  ]) {
    test(`may ${expected === undefined ? 'not ' : ''}set the cookie \`${sent}\``, async () => {
      const got = await answer(APP, '/runtime/x/1/', { 'Set-Cookie': ['z=0; Secure; SameSite=Lax', sent] });
      assert.deepEqual(got['set-cookie'], ['z=0; Secure; SameSite=Lax', expected].filter((value) => value !== undefined));
    });
  }

  test('sets no cookies if all are dropped', async () => {
    assert.equal((await answer(APP, '/', { 'Set-Cookie': ['id_token=1', 'refresh_token=2'] }))['set-cookie'], undefined);
  });
});

test('a response without a host or with unusual headers is unchanged', async () => {
  const response = { status: '200', headers: { 'set-cookie': [{}], 'content-type': [] } };
  assert.equal(await handler({ Records: [{ cf: { request: { uri: '/x', headers: {} }, response } }] }), response);
  const odd = { status: '200', headers: { 'set-cookie': [{}] } };
  const request = { uri: '/x', headers: { host: [{ key: 'Host', value: APP }] } };
  assert.equal((await handler({ Records: [{ cf: { request, response: odd } }] })).headers['set-cookie'], undefined);
});
