// Cookies: read by their exact name, written for this deployment's own host and no sibling of it.

const ID_TOKEN_SECONDS = 24 * 60 * 60;
const REFRESH_TOKEN_SECONDS = 30 * 24 * 60 * 60;
const LOGIN_SECONDS = 10 * 60;

export const EXPIRES_IN = ID_TOKEN_SECONDS;

/** The pairs of every Cookie header, in their order. */
function pairs(headers) {
  const all = (headers.cookie ?? []).map((header) => String(header.value ?? '')).join(';');
  return all.split(';').flatMap((piece) => {
    const at = piece.indexOf('=');
    return at < 0 ? [] : [[piece.slice(0, at).trim(), piece.slice(at + 1).trim()]];
  });
}

/** Every value that arrived under this name. */
export function values(headers, name) {
  return pairs(headers)
    .filter(([key, value]) => key === name && value !== '')
    .map(([, value]) => value);
}

/** Takes these cookies out of the request. */
export function remove(headers, names) {
  if (!headers.cookie) return;
  const kept = pairs(headers).filter(([key]) => !names.includes(key));
  if (kept.length === 0) {
    delete headers.cookie;
  } else {
    headers.cookie = [{ key: 'Cookie', value: kept.map(([key, value]) => `${key}=${value}`).join('; ') }];
  }
}

function forDeployment(name, value, seconds, settings) {
  return `${name}=${value}; Max-Age=${seconds}; Path=/; Domain=.${settings.full_domain}; HttpOnly; Secure; SameSite=None`;
}

/** The cookies of someone who is logged in. A refresh gives no new refresh token: then that cookie stays. */
export function session(tokens, settings) {
  const cookies = [forDeployment('id_token', tokens.idToken, ID_TOKEN_SECONDS, settings)];
  if (tokens.refreshToken) {
    cookies.push(forDeployment('refresh_token', tokens.refreshToken, REFRESH_TOKEN_SECONDS, settings));
  }
  return cookies;
}

/** Ends a session. */
export function noSession(settings) {
  return ['id_token', 'refresh_token'].map((name) => forDeployment(name, '', 0, settings));
}

/** What a login that is under way must remember, for the callback alone. */
export function login(value) {
  return `login_state=${value}; Max-Age=${LOGIN_SECONDS}; Path=/_callback; HttpOnly; Secure; SameSite=Lax`;
}

/** A login is over. */
export function noLogin() {
  return 'login_state=; Max-Age=0; Path=/_callback; HttpOnly; Secure; SameSite=Lax';
}
