// Handles every viewer request, before CloudFront sends it to the load balancer.
import { json, page, redirect, text } from './answers.mjs';
import * as cookies from './cookies.mjs';
import { DOWN, REFUSED, fetchJson, logoutUrl, refresh } from './cognito.mjs';
import * as login from './login.mjs';
import { back, header, identify, isNavigation, isSameOrigin, isUpgrade, leadsUp, removeForged, setHeader } from './requests.mjs';
import { createKeySet, firstValid, validate } from './tokens.mjs';

// The Lambda timeout is 5 s.
const BUDGET_MS = 4500;
// Cookies that are never forwarded to applications.
const TOKENS = ['id_token', 'refresh_token'];

/** Uses the refresh token. Returns tokens with claims, or the failure. */
async function renew(request, settings, findKey, deadline) {
  const [token] = cookies.values(request.headers, 'refresh_token');
  if (token === undefined) return { failed: REFUSED };
  const tokens = await refresh(token, settings, deadline);
  if (tokens.failed) return tokens;
  const claims = await validate(tokens.idToken, settings, findKey, deadline);
  return claims ? { ...tokens, claims } : { failed: DOWN };
}

/** Authenticates a request. Returns claims, a response, or an empty object. */
async function who(request, settings, findKey, deadline, host) {
  const valid = await firstValid(cookies.values(request.headers, 'id_token'), settings, findKey, deadline);
  if (valid) return { claims: valid };
  const renewed = await renew(request, settings, findKey, deadline);
  if (renewed.failed) return {};
  // A WebSocket request cannot follow a redirect, so accept the renewed token directly.
  if (isUpgrade(request)) return { claims: renewed.claims };
  // 307 preserves the method and the body of other requests.
  const status = ['GET', 'HEAD'].includes(request.method) ? 302 : 307;
  return { answer: redirect(`https://${host}${back(request)}`, cookies.session(renewed, settings), status) };
}

async function refreshTokens(request, settings, findKey, deadline) {
  if (request.method !== 'POST') return json(405, { success: false }, [], { Allow: 'POST' });
  if (!isSameOrigin(request, settings)) return json(403, { success: false });
  const renewed = await renew(request, settings, findKey, deadline);
  if (renewed.failed === REFUSED) return json(401, { success: false }, cookies.noSession(settings));
  if (renewed.failed) return json(502, { success: false });
  return json(200, { success: true, expiresIn: cookies.EXPIRES_IN }, cookies.session(renewed, settings));
}

async function main(request, settings, findKey, deadline) {
  switch (request.uri) {
    case '/_callback':
      return login.callback(request, settings, findKey, deadline);
    case '/_logout':
      return redirect(logoutUrl(settings), cookies.noSession(settings));
    case '/_token/refresh':
      return refreshTokens(request, settings, findKey, deadline);
  }
  const { claims, answer } = await who(request, settings, findKey, deadline, settings.full_domain);
  if (answer) return answer;
  if (!claims) return login.ask(request, settings);
  identify(request, claims);
  if (request.uri.startsWith('/runtime/')) cookies.remove(request.headers, TOKENS);
  return request;
}

/** Parses `<port>-<conversation>`, the first label of a runtime host. */
function application(label) {
  const parts = /^([1-9][0-9]{0,4})-([0-9a-f]{32})$/.exec(label);
  return parts && Number(parts[1]) <= 65535 ? { port: parts[1], conversation: parts[2] } : undefined;
}

/** Returns an error page for navigation requests, and plain text for other requests. */
function refuse(request, settings, status, title, message, label = 'Open OpenHands') {
  if (!isNavigation(request)) return text(status, message);
  return page(status, title, message, { href: `https://${settings.full_domain}/`, label });
}

async function runtime(request, label, settings, findKey, deadline) {
  const app = application(label);
  if (!app) return refuse(request, settings, 404, 'Application not found', 'No application has this address.');
  // The next server would resolve the path to another conversation or to OpenHands itself.
  if (leadsUp(request.uri)) {
    return refuse(request, settings, 400, 'Invalid path', 'The path must not contain the segments "." or "..".');
  }
  if (settings.runtime_access === 'public') {
    setHeader(request, 'X-Runtime-Access', 'public');
  } else {
    const host = `${label}.runtime.${settings.full_domain}`;
    const { claims, answer } = await who(request, settings, findKey, deadline, host);
    if (answer) return answer;
    if (!claims) {
      const message = 'Log in to OpenHands, then open this address again.';
      return refuse(request, settings, 401, 'Login required', message, 'Log in');
    }
    identify(request, claims);
  }
  cookies.remove(request.headers, TOKENS);
  request.uri = `/runtime/${app.conversation}/${app.port}${request.uri}`;
  return request;
}

export function createHandler(settings) {
  const findKey = createKeySet(settings.key_set_url, fetchJson);
  const runtimeSuffix = `.runtime.${settings.full_domain}`;

  return async function handler(event) {
    try {
      const deadline = Date.now() + BUDGET_MS;
      const { request } = event.Records[0].cf;
      removeForged(request);
      const host = header(request, 'host').toLowerCase();
      if (host === settings.full_domain) return await main(request, settings, findKey, deadline);
      if (host.endsWith(runtimeSuffix)) {
        return await runtime(request, host.slice(0, -runtimeSuffix.length), settings, findKey, deadline);
      }
      return refuse(request, settings, 404, 'Site not found', 'No site has this address.');
    } catch (error) {
      // CloudFront returns an exception as a bare 503. The message may contain request data, so log only the name.
      console.error('failed to handle the request:', error?.name);
      return text(500, 'The request failed. Try again in a few minutes.');
    }
  };
}
