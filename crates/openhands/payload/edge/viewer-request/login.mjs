// The login: a redirect to Cognito with state, nonce and PKCE, and the callback that verifies them.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

import { json, page, redirect } from './answers.mjs';
import * as cookies from './cookies.mjs';
import { DOWN, exchangeCode, loginUrl } from './cognito.mjs';
import { isNavigation, safeTarget, target } from './requests.mjs';
import { validate } from './tokens.mjs';

const random = () => randomBytes(32).toString('base64url');
const sha256 = (text) => createHash('sha256').update(text).digest('base64url');

function equal(one, other) {
  const [a, b] = [Buffer.from(String(one)), Buffer.from(String(other))];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Redirects navigation requests to the login; other requests get a 401 response. */
export function ask(request, settings) {
  if (!isNavigation(request)) {
    return json(401, { error: 'unauthorized', message: 'Log in on the main page.' });
  }
  const login = { state: random(), nonce: random(), verifier: random(), target: safeTarget(target(request)) };
  const value = Buffer.from(JSON.stringify(login)).toString('base64url');
  const location = loginUrl(settings, { state: login.state, nonce: login.nonce, challenge: sha256(login.verifier) });
  return redirect(location, [cookies.login(value)]);
}

/** Returns the pending login with this state. */
function pending(request, state) {
  for (const value of cookies.values(request.headers, 'login_state').slice(0, 5)) {
    try {
      const login = JSON.parse(Buffer.from(value, 'base64url').toString('utf8'));
      const isWhole = ['state', 'nonce', 'verifier'].every((name) => typeof login?.[name] === 'string' && login[name] !== '');
      if (isWhole && equal(login.state, state)) return login;
    } catch {
      // Not a valid state cookie.
    }
  }
  return undefined;
}

/** Handles the redirect back from Cognito. */
export async function callback(request, settings, findKey, deadline) {
  const query = new URLSearchParams(request.querystring);
  const refuse = (title, message, status = 400) => page(status, title, message, { cookies: [cookies.noLogin()] });
  if (query.has('error')) {
    const description = query.get('error_description') || query.get('error');
    return refuse('Login failed', `The login service returned an error: ${description.slice(0, 200)}`);
  }
  const login = pending(request, query.get('state') ?? '');
  if (!login) {
    return refuse('Login expired', 'The login took longer than 10 minutes, or you started another one in a different tab.');
  }
  const code = query.get('code') ?? '';
  if (code === '') return refuse('Login failed', 'The login service did not return an authorization code.');
  const tokens = await exchangeCode(code, login.verifier, settings, deadline);
  if (tokens.failed === DOWN) {
    return refuse('Login service unavailable', 'The login service did not respond. Try again in a few minutes.', 502);
  }
  if (tokens.failed) {
    return refuse('Login failed', 'The login service rejected the authorization code. Each code can be used only once.');
  }
  const claims = await validate(tokens.idToken, settings, findKey, deadline);
  if (!claims || typeof claims.nonce !== 'string' || !equal(claims.nonce, login.nonce)) {
    return refuse('Login failed', 'The login service returned a token that is not valid for this site.');
  }
  return redirect(safeTarget(login.target), [...cookies.session(tokens, settings), cookies.noLogin()]);
}
