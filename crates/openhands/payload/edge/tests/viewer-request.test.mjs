import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, beforeEach, describe, mock, test } from 'node:test';

import { createHandler } from '../viewer-request/handler.mjs';
import { safeTarget } from '../viewer-request/requests.mjs';
import { cookie, event, location, newKey, setCookies, signed, startCognito } from './cognito.mjs';

const HOST = 'openhands.example.com';
const APP = `8080-${'a'.repeat(32)}.runtime.${HOST}`;
const DEPLOYMENT = `Path=/; Domain=.${HOST}; HttpOnly; Secure; SameSite=None`;

let cognito;
let handler;
const make = (more) => createHandler(cognito.settings(more));
const withToken = (token = cognito.token()) => ({ cookie: `id_token=${token}` });

before(async () => {
  cognito = await startCognito();
});
after(() => cognito.stop());
beforeEach(() => {
  Object.assign(cognito, { keysMood: '', tokenMood: '', keyRequests: 0, tokenRequests: [], rotates: false, nextClaims: {} });
  handler = make();
});

describe('on the main host', () => {
  test('a request with a valid token is forwarded with the user, without forged headers', async () => {
    const forged = {
      'X-Cognito-User-Id': 'someone-else', 'x-cognito-groups': 'admin', X_Cognito_User_Id: 'someone-else',
      'X-Runtime-Access': 'public',
    };
    const request = await handler(event('/api/conversations', { ...withToken(), ...forged }, { querystring: 'a=1' }));
    const names = Object.keys(request.headers).filter((name) => /cognito|runtime/.test(name));
    assert.deepEqual(names.sort(), ['x-cognito-email', 'x-cognito-email-verified', 'x-cognito-user-id']);
    assert.equal(request.headers['x-cognito-user-id'][0].value, 'user-1');
    assert.equal(request.headers['x-cognito-email'][0].value, 'ada@example.com');
    assert.equal(request.headers['x-cognito-email-verified'][0].value, 'true');
    assert.deepEqual([request.uri, request.querystring], ['/api/conversations', 'a=1']);
  });

  test('an unverified email address is marked, and an invalid one is removed', async () => {
    const token = cognito.token({ email: 'a\r\nX-Evil: 1', email_verified: 'false' });
    const request = await handler(event('/', withToken(token)));
    assert.equal(request.headers['x-cognito-email'], undefined);
    assert.equal(request.headers['x-cognito-email-verified'][0].value, 'false');
  });

  test('an expired token is renewed with the refresh token', async () => {
    const expired = cognito.token({ exp: Math.floor(Date.now() / 1000) - 3600 });
    const headers = { cookie: `id_token=${expired}; refresh_token=good-refresh-token` };
    const answer = await handler(event('/conversations/1', headers, { querystring: 'x=%2F' }));
    assert.equal(answer.status, '302');
    assert.equal(location(answer), `https://${HOST}/conversations/1?x=%2F`);
    assert.match(cookie(answer, 'id_token'), new RegExp(`; Max-Age=86400; ${DEPLOYMENT}$`));
    assert.equal(cookie(answer, 'refresh_token'), undefined, 'the existing cookie is kept');
    assert.equal(cognito.tokenRequests[0].get('grant_type'), 'refresh_token');
    const again = await handler(event('/', { cookie: setCookies(answer)[0].split(';')[0] }));
    assert.equal(again.headers['x-cognito-user-id'][0].value, 'user-1');
  });

  test('a new refresh token is stored, and the redirect preserves a request body', async () => {
    cognito.rotates = true;
    const answer = await handler(event('/api', { cookie: 'refresh_token=good-refresh-token' }, { method: 'POST' }));
    assert.equal(answer.status, '307');
    assert.match(cookie(answer, 'refresh_token'), new RegExp(`; Max-Age=2592000; ${DEPLOYMENT}$`));
  });

  test('a WebSocket request is forwarded with a renewed token', async () => {
    const headers = { cookie: 'refresh_token=good-refresh-token', Upgrade: 'websocket', accept: undefined };
    const request = await handler(event('/ws', headers));
    assert.equal(request.headers['x-cognito-user-id'][0].value, 'user-1');
  });

  for (const [name, headers] of [
    ['no token', {}],
    ['a revoked refresh token', { cookie: 'refresh_token=revoked' }],
    ['an invalid token', { cookie: 'id_token=a.b.c; refresh_token=' }],
  ]) {
    test(`${name} redirects to the login with state, nonce and PKCE`, async () => {
      const answer = await handler(event('/conversations/1', headers, { querystring: 'tab=files' }));
      assert.equal(answer.status, '302');
      const url = new URL(location(answer));
      assert.equal(`${url.origin}${url.pathname}`, `${cognito.url}/oauth2/authorize`);
      const query = Object.fromEntries(url.searchParams);
      assert.deepEqual(
        { ...query, state: '', nonce: '', code_challenge: '' },
        {
          response_type: 'code', client_id: 'client-1', redirect_uri: `https://${HOST}/_callback`,
          scope: 'openid email profile', state: '', nonce: '', code_challenge: '', code_challenge_method: 'S256',
        },
      );
      for (const name of ['state', 'nonce', 'code_challenge']) assert.equal(query[name].length, 43, name);
      assert.match(cookie(answer, 'login_state'), /; Max-Age=600; Path=\/_callback; HttpOnly; Secure; SameSite=Lax$/);
      assert.ok(!location(answer).includes('tab=files'), 'the target is not sent to Cognito');
    });
  }

  test('requests that cannot follow a redirect get a 401 in JSON', async () => {
    for (const headers of [
      { 'sec-fetch-mode': 'cors' },
      { accept: 'application/json', 'sec-fetch-mode': undefined },
      { accept: '*/*', 'sec-fetch-mode': undefined },
      { Upgrade: 'websocket', Connection: 'Upgrade' },
    ]) {
      const answer = await handler(event('/api/x', headers));
      assert.equal(answer.status, '401', JSON.stringify(headers));
      assert.equal(JSON.parse(answer.body).error, 'unauthorized');
      assert.equal(answer.headers['cache-control'][0].value, 'no-store');
    }
  });

  test('a runtime path requires a token, keeps its URI, and hides tokens from the application', async () => {
    const path = `/runtime/${'a'.repeat(32)}/8080/x`;
    assert.equal((await handler(event(path))).status, '302');
    const headers = { cookie: `id_token=${cognito.token()}; mine=1; refresh_token=r`, 'X-Runtime-Access': 'public' };
    const request = await make({ runtime_access: 'public' })(event(path, headers));
    assert.equal(request.uri, path);
    assert.equal(request.headers['x-cognito-user-id'][0].value, 'user-1');
    assert.equal(request.headers['x-runtime-access'], undefined);
    assert.equal(request.headers.cookie[0].value, 'mine=1');
  });

  test('other hosts are not served', async () => {
    for (const host of ['d111.cloudfront.net', 'example.com', `evil-${HOST}`, '']) {
      assert.equal((await handler(event('/', withToken(), { host }))).status, '404', host);
    }
  });
});

describe('the login', () => {
  /** Follows the login like a browser, from a page to the response of the callback. */
  async function logIn(target = event('/conversations/1', {}, { querystring: 'tab=files' })) {
    const asked = await handler(target);
    const atCognito = await fetch(location(asked), { redirect: 'manual' });
    const back = new URL(atCognito.headers.get('location'));
    const headers = { cookie: cookie(asked, 'login_state').split(';')[0] };
    return { answer: await handler(event(back.pathname, headers, { querystring: back.search.slice(1) })), back, headers };
  }

  test('redirects to Cognito, back, and to the requested page', async () => {
    const { answer, back, headers } = await logIn();
    assert.equal(answer.status, '302');
    assert.equal(location(answer), '/conversations/1?tab=files');
    assert.match(cookie(answer, 'id_token'), new RegExp(`; Max-Age=86400; ${DEPLOYMENT}$`));
    assert.match(cookie(answer, 'refresh_token'), new RegExp(`; Max-Age=2592000; ${DEPLOYMENT}$`));
    assert.match(cookie(answer, 'login_state'), /^login_state=; Max-Age=0; Path=\/_callback/);
    const page = await handler(event('/', { cookie: cookie(answer, 'id_token').split(';')[0] }));
    assert.equal(page.headers['x-cognito-user-id'][0].value, 'user-1');
    const twice = await handler(event(back.pathname, headers, { querystring: back.search.slice(1) }));
    assert.equal(twice.status, '400', 'a code is valid once');
  });

  test('redirects back only to a path on this host', async () => {
    const elsewhere = ['//evil.example', '/\\evil.example', '/a\r\nb', '/a\u0000', `/${'x'.repeat(3000)}`];
    for (const uri of elsewhere) {
      assert.equal(location((await logIn(event(uri))).answer), '/', JSON.stringify(uri));
    }
    // The target in the cookie is validated like the target of the first request.
    const others = ['https://evil.example', 'javascript:alert(1)', '/_logout', '/_callback?x', '/_token/refresh', '', undefined, 7];
    for (const place of [...elsewhere, ...others]) assert.equal(safeTarget(place), '/', String(place));
    for (const place of ['/', '/a?b=//c', '/_logouts', '/_tokens']) assert.equal(safeTarget(place), place);
  });

  test('rejects a missing, different or foreign state', async () => {
    const asked = await handler(event('/'));
    const own = { cookie: cookie(asked, 'login_state').split(';')[0] };
    for (const [headers, querystring] of [
      [own, 'code=x'],
      [own, 'code=x&state=other'],
      [{}, `code=x&state=${new URL(location(asked)).searchParams.get('state')}`],
      [{ cookie: 'login_state=%%%' }, 'code=x&state='],
      [{ cookie: `login_state=${Buffer.from('{"state":"","nonce":"","verifier":""}').toString('base64url')}` }, 'code=x&state='],
    ]) {
      const answer = await handler(event('/_callback', headers, { querystring }));
      assert.equal(answer.status, '400', querystring);
      assert.match(answer.body, /Log in again/);
      assert.equal(cookie(answer, 'id_token'), undefined);
    }
    assert.equal(cognito.tokenRequests.length, 0, 'no code is exchanged');
  });

  test('rejects a token for another login', async () => {
    for (const claims of [{ nonce: 'another' }, { nonce: undefined }, { aud: 'another' }]) {
      cognito.nextClaims = claims;
      assert.equal((await logIn()).answer.status, '400', JSON.stringify(claims));
    }
  });

  test('shows an error from Cognito on a page with escaping', async () => {
    const querystring = 'error=access_denied&error_description=%3Cscript%3Ealert(1)%3C%2Fscript%3E';
    const answer = await handler(event('/_callback', {}, { querystring }));
    assert.equal(answer.status, '400');
    assert.ok(answer.body.includes('&#60;script&#62;') && !answer.body.includes('<script>'));
  });

  test('returns 502 if the token endpoint is unavailable', async () => {
    for (const mood of ['down', 'away', 'broken', 'slow']) {
      cognito.tokenMood = mood;
      const { answer } = await logIn();
      assert.equal(answer.status, '502', mood);
      assert.match(answer.body, /did not respond/);
    }
  });

  test('ends with a logout, which clears both cookies and the Cognito session', async () => {
    const answer = await handler(event('/_logout', withToken()));
    assert.equal(answer.status, '302');
    const back = encodeURIComponent(`https://${HOST}/`);
    assert.equal(location(answer), `${cognito.url}/logout?client_id=client-1&logout_uri=${back}`);
    const cleared = ['id_token', 'refresh_token'].map((name) => `${name}=; Max-Age=0; ${DEPLOYMENT}`);
    assert.deepEqual(setCookies(answer), cleared);
  });
});

describe('a token refresh by the frontend', () => {
  const own = { Origin: `https://${HOST}`, 'sec-fetch-site': 'same-origin', cookie: 'refresh_token=good-refresh-token' };
  const post = (headers) => handler(event('/_token/refresh', headers, { method: 'POST' }));

  test('sets new cookies', async () => {
    const answer = await post(own);
    assert.equal(answer.status, '200');
    assert.deepEqual(JSON.parse(answer.body), { success: true, expiresIn: 86400 });
    assert.ok(cookie(answer, 'id_token'));
  });

  test('must be a POST request', async () => {
    const answer = await handler(event('/_token/refresh', own));
    assert.deepEqual([answer.status, answer.headers.allow[0].value], ['405', 'POST']);
  });

  test('must be a same-origin request', async () => {
    for (const headers of [
      { Origin: 'https://evil.example' },
      { Origin: `https://${APP}` },
      { Origin: undefined, 'sec-fetch-site': 'same-site' },
      { Origin: undefined, 'sec-fetch-site': undefined },
      { Origin: 'null', 'sec-fetch-site': undefined },
    ]) {
      assert.equal((await post({ ...own, ...headers })).status, '403', JSON.stringify(headers));
    }
    assert.equal(cognito.tokenRequests.length, 0);
  });

  test('ends the session if the refresh token is missing or revoked, but not in an outage', async () => {
    for (const value of [undefined, 'refresh_token=revoked']) {
      const answer = await post({ ...own, cookie: value });
      assert.equal(answer.status, '401');
      assert.match(cookie(answer, 'refresh_token'), /Max-Age=0/);
    }
    cognito.tokenMood = 'down';
    const answer = await post(own);
    assert.deepEqual([answer.status, setCookies(answer)], ['502', []]);
  });
});

describe('an application', () => {
  test('gets the user, but no tokens', async () => {
    const headers = { cookie: `a=1; id_token=${cognito.token()}; refresh_token=r; b=2`, 'X-Cognito-User-Id': 'forged' };
    const request = await handler(event('/x/y', headers, { host: APP, querystring: 'q=1' }));
    assert.equal(request.uri, `/runtime/${'a'.repeat(32)}/8080/x/y`);
    assert.equal(request.querystring, 'q=1');
    assert.equal(request.headers['x-cognito-user-id'][0].value, 'user-1');
    assert.equal(request.headers.cookie[0].value, 'a=1; b=2');
    assert.equal(request.headers['x-runtime-access'], undefined);
    assert.equal(request.headers.host[0].value, APP);
  });

  test('requires a token, which is renewed with the refresh token', async () => {
    const refused = await handler(event('/', {}, { host: APP }));
    assert.equal(refused.status, '401');
    assert.match(refused.headers['content-type'][0].value, /text\/html/);
    assert.match(refused.body, new RegExp(`<a href="https://${HOST}/">Log in</a>`));
    const script = await handler(event('/', { 'sec-fetch-mode': 'cors' }, { host: APP }));
    assert.equal(script.status, '401');
    assert.match(script.headers['content-type'][0].value, /text\/plain/);
    const renewed = await handler(event('/x', { cookie: 'refresh_token=good-refresh-token' }, { host: APP }));
    assert.deepEqual([renewed.status, location(renewed)], ['302', `https://${APP}/x`]);
    assert.match(cookie(renewed, 'id_token'), new RegExp(`Domain=\\.${HOST};`));
  });

  test('in public mode requires no token and gets no user', async () => {
    const open = make({ runtime_access: 'public' });
    const headers = { cookie: `id_token=${cognito.token()}`, 'X-Runtime-Access': 'owner', 'X-Cognito-User-Id': 'forged' };
    const request = await open(event('/', headers, { host: APP }));
    assert.equal(request.headers['x-runtime-access'][0].value, 'public');
    assert.equal(request.headers['x-cognito-user-id'], undefined);
    assert.equal(request.headers.cookie, undefined);
    assert.equal(request.uri, `/runtime/${'a'.repeat(32)}/8080/`);
  });

  test('is addressed by port and conversation', async () => {
    const id = 'a'.repeat(32);
    const hosts = [`0-${id}`, `65536-${id}`, `080-${id}`, `8080-${id}a`, `8080-${'A'.repeat(31)}`, `8080-${'g'.repeat(32)}`, 'x', ''];
    for (const label of [...hosts, `a.8080-${id}`, `8080-${id}-`, `99999-${id}`]) {
      const answer = await handler(event('/', withToken(), { host: `${label}.runtime.${HOST}` }));
      assert.equal(answer.status, '404', label);
    }
    for (const label of [`1-${id}`, `65535-${id}`]) {
      assert.ok((await handler(event('/', withToken(), { host: `${label}.runtime.${HOST}` }))).uri, label);
    }
  });

  test('rejects paths with dot segments', async () => {
    const open = make({ runtime_access: 'public' });
    for (const uri of ['/../../../api', '/%2e%2e/x', '/a/..%2f..%2f', '/a\\..\\b', '/.%2E/', '/./x', '/%2e']) {
      assert.equal((await open(event(uri, {}, { host: APP }))).status, '400', uri);
    }
    for (const uri of ['/..a/b..', '/a...b', '/.well-known/x', '/100%']) {
      assert.ok((await open(event(uri, {}, { host: APP }))).uri, uri);
    }
  });
});

describe('tokens', () => {
  const now = () => Math.floor(Date.now() / 1000);
  const passes = async (token, on = handler) => Boolean((await on(event('/', withToken(token)))).headers['x-cognito-user-id']);

  test('are rejected if any part is invalid', async () => {
    const other = newKey();
    const [head, body, signature] = cognito.token().split('.');
    const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const secret = cognito.key.publicKey.export({ type: 'spki', format: 'pem' });
    const hmac = (text) => createHmac('sha256', secret).update(text).digest('base64url');
    const none = `${encode({ alg: 'none', kid: cognito.key.kid })}.${body}`;
    const hs256 = `${encode({ alg: 'HS256', kid: cognito.key.kid })}.${body}`;
    const wrong = {
      'expired': cognito.token({ exp: now() - 61 }),
      'not yet valid': cognito.token({ nbf: now() + 90 }),
      'of another client': cognito.token({ aud: 'client-2' }),
      'for several clients': cognito.token({ aud: ['client-1'] }),
      'of another pool': cognito.token({ iss: 'https://cognito-idp.us-east-1.amazonaws.com/other' }),
      'an access token': cognito.token({ token_use: 'access' }),
      'without an expiry': cognito.token({ exp: undefined }),
      'with an expiry in words': cognito.token({ exp: '9999999999' }),
      'without a subject': cognito.token({ sub: undefined }),
      'with a subject that breaks headers': cognito.token({ sub: 'a\r\nb' }),
      'signed with another key': signed(other, cognito.claims(), { kid: cognito.key.kid }),
      'of an unknown key': signed(other, cognito.claims()),
      'without a key': cognito.token({}, { kid: undefined }),
      'unsigned': `${none}.`,
      'unsigned with a signature': `${none}.${signature}`,
      'signed with the public key': `${hs256}.${hmac(hs256)}`,
      'changed': `${head}.${encode({ ...cognito.claims(), sub: 'user-2' })}.${signature}`,
      'cut': `${head}.${body}`,
      'too long': cognito.token({ more: 'x'.repeat(20_000) }),
      'padded': `${head}.${body}.${signature}==`,
    };
    for (const [name, token] of Object.entries(wrong)) assert.equal(await passes(token), false, name);
    for (const good of [{ exp: now() - 30 }, { nbf: now() + 30 }, {}]) assert.ok(await passes(cognito.token(good)));
  });

  test('of single sign-on users carry the user pool ID and an unverified email address', async () => {
    // The claims of Cognito for a user of a SAML or OpenID Connect provider.
    const sub = '5f0c1d4e-90a1-70e2-9f3b-0d4c8e2a7b11';
    for (const username of ['Example-SAML_ada@example.com', 'Example-OIDC_00u1|a b/ä"']) {
      const [providerName, userId] = username.split('_');
      const token = cognito.token({
        sub, email_verified: false, 'cognito:username': username, 'cognito:groups': [`us-east-1_pool_${providerName}`],
        identities: [{ userId, providerName, providerType: 'SAML', issuer: null, primary: 'true', dateCreated: '1764000000000' }],
      });
      const { headers } = await handler(event('/', withToken(token)));
      assert.equal(headers['x-cognito-user-id'][0].value, sub);
      assert.equal(headers['x-cognito-email'][0].value, 'ada@example.com');
      assert.equal(headers['x-cognito-email-verified'][0].value, 'false');
    }
  });

  test('with a short key are rejected', async () => {
    const kept = cognito.key;
    cognito.key = newKey(1024);
    assert.equal(await passes(cognito.token(), make()), false);
    cognito.key = kept;
  });

  test('are tried in order, at most 5', async () => {
    const bad = cognito.token({ aud: 'old' });
    const with_ = (count) => ({ cookie: `${`id_token=${bad}; `.repeat(count)}id_token=${cognito.token()}` });
    assert.ok((await handler(event('/', with_(4)))).headers['x-cognito-user-id']);
    assert.equal((await handler(event('/', with_(5)))).status, '302');
    const spread = { cookie: [`id_token=${bad}`, `x=1; id_token=${cognito.token()}`] };
    assert.ok((await handler(event('/', spread))).headers['x-cognito-user-id'], 'across several headers');
  });

  test('are read only from a cookie with the exact name', async () => {
    for (const name of ['my_id_token', 'id_token2', 'ID_TOKEN', 'x=id_token']) {
      assert.equal((await handler(event('/', { cookie: `${name}=${cognito.token()}` }))).status, '302', name);
    }
  });

  test('cause one key set request per hour, and one more for a new key', async () => {
    const clock = mock.method(Date, 'now');
    const start = Date.now();
    const at = (ms) => clock.mock.mockImplementation(() => start + ms);
    at(0);
    for (let n = 0; n < 5; n += 1) assert.ok(await passes(cognito.token()));
    assert.equal(cognito.keyRequests, 1);
    // An unknown key causes a request, but at most one per minute.
    const kept = cognito.key;
    cognito.key = newKey();
    at(30_000);
    assert.equal(await passes(cognito.token()), false);
    assert.equal(cognito.keyRequests, 1);
    at(61_000);
    assert.ok(await passes(cognito.token()));
    for (let n = 0; n < 5; n += 1) await passes(signed(newKey(), cognito.claims()));
    assert.equal(cognito.keyRequests, 2);
    at(61_000 + 3_600_001);
    assert.ok(await passes(cognito.token()));
    assert.equal(cognito.keyRequests, 3);
    // If the key set is unavailable, the known keys remain valid.
    cognito.keysMood = 'away';
    at(3 * 3_600_000);
    assert.ok(await passes(cognito.token()));
    cognito.key = kept;
    clock.mock.restore();
  });

  test('are rejected without a key set, within the time limit', async () => {
    for (const mood of ['down', 'broken', 'away', 'slow']) {
      cognito.keysMood = mood;
      const began = performance.now();
      const answer = await make()(event('/', { cookie: `id_token=${cognito.token()}; refresh_token=good-refresh-token` }));
      assert.equal(answer.status, '302', mood);
      assert.equal(new URL(location(answer)).pathname, '/oauth2/authorize');
      assert.ok(performance.now() - began < 5000, 'within the Lambda timeout');
    }
  });
});
