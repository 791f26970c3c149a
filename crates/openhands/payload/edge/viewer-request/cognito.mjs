// Requests to Cognito endpoints.

const TIMEOUT_MS = 3000;
const LARGEST_ANSWER = 256 * 1024;

/** Failures of a token request: rejected by Cognito, or Cognito unavailable. */
export const REFUSED = 'refused';
export const DOWN = 'down';

async function fetchText(url, options, deadline) {
  const left = Math.max(1, Math.min(TIMEOUT_MS, deadline - Date.now()));
  const response = await fetch(url, { ...options, redirect: 'error', signal: AbortSignal.timeout(left) });
  const body = await response.text();
  if (body.length > LARGEST_ANSWER) throw new Error('the response is too large');
  return { status: response.status, body };
}

/** Fetches a JSON document. Throws an error on failure. */
export async function fetchJson(url, deadline) {
  const { status, body } = await fetchText(url, {}, deadline);
  if (status !== 200) throw new Error(`status ${status}`);
  return JSON.parse(body);
}

/** Calls the token endpoint. Returns tokens, or the failure. */
async function exchange(parameters, settings, deadline) {
  const credentials = Buffer.from(`${settings.client_id}:${settings.client_secret}`).toString('base64');
  try {
    const options = {
      method: 'POST',
      headers: { Authorization: `Basic ${credentials}`, 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ client_id: settings.client_id, ...parameters }).toString(),
    };
    const { status, body } = await fetchText(settings.token_url, options, deadline);
    if (status >= 400 && status < 500 && status !== 429) return { failed: REFUSED };
    if (status !== 200) return { failed: DOWN };
    const tokens = JSON.parse(body);
    if (typeof tokens?.id_token !== 'string') return { failed: DOWN };
    const refreshToken = typeof tokens.refresh_token === 'string' ? tokens.refresh_token : undefined;
    // Tokens become cookie values, so they must not contain delimiters.
    if (![tokens.id_token, refreshToken ?? ''].every((token) => /^[A-Za-z0-9._~+/=-]*$/.test(token))) return { failed: DOWN };
    return { idToken: tokens.id_token, refreshToken };
  } catch {
    return { failed: DOWN };
  }
}

export function exchangeCode(code, verifier, settings, deadline) {
  const redirect_uri = callbackUrl(settings);
  return exchange({ grant_type: 'authorization_code', code, redirect_uri, code_verifier: verifier }, settings, deadline);
}

export function refresh(token, settings, deadline) {
  return exchange({ grant_type: 'refresh_token', refresh_token: token }, settings, deadline);
}

function callbackUrl(settings) {
  return `https://${settings.full_domain}/_callback`;
}

export function loginUrl(settings, { state, nonce, challenge }) {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: settings.client_id,
    redirect_uri: callbackUrl(settings),
    scope: 'openid email profile',
    state,
    nonce,
    code_challenge: challenge,
    code_challenge_method: 'S256',
  });
  return `${settings.login_url}?${query}`;
}

export function logoutUrl(settings) {
  const query = new URLSearchParams({ client_id: settings.client_id, logout_uri: `https://${settings.full_domain}/` });
  return `${settings.logout_url}?${query}`;
}
