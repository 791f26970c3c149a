// Cookies: read by exact name, set for the domain of this deployment and not for its parent domain.

const ID_TOKEN_SECONDS = 24 * 60 * 60;
const REFRESH_TOKEN_SECONDS = 30 * 24 * 60 * 60;
const LOGIN_SECONDS = 10 * 60;

export const EXPIRES_IN = ID_TOKEN_SECONDS;

/** Returns the name-value pairs of all Cookie headers, in order. */
function pairs(headers) {
  const all = (headers.cookie ?? []).map((header) => String(header.value ?? '')).join(';');
  return all.split(';').flatMap((piece) => {
    const at = piece.indexOf('=');
    return at < 0 ? [] : [[piece.slice(0, at).trim(), piece.slice(at + 1).trim()]];
  });
}

/** Returns all non-empty values of a cookie. */
export function values(headers, name) {
  return pairs(headers)
    .filter(([key, value]) => key === name && value !== '')
    .map(([, value]) => value);
}

/** Removes cookies from the request headers. */
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

/** Returns the cookies of a session. Without a new refresh token, the existing cookie is kept. */
export function session(tokens, settings) {
  const cookies = [forDeployment('id_token', tokens.idToken, ID_TOKEN_SECONDS, settings)];
  if (tokens.refreshToken) {
    cookies.push(forDeployment('refresh_token', tokens.refreshToken, REFRESH_TOKEN_SECONDS, settings));
  }
  return cookies;
}

/** Returns cookies that end a session. */
export function noSession(settings) {
  return ['id_token', 'refresh_token'].map((name) => forDeployment(name, '', 0, settings));
}

/** Returns the cookie with the state of a pending login, visible only to the callback. */
export function login(value) {
  return `login_state=${value}; Max-Age=${LOGIN_SECONDS}; Path=/_callback; HttpOnly; Secure; SameSite=Lax`;
}

/** Returns a cookie that deletes the state of a login. */
export function noLogin() {
  return 'login_state=; Max-Age=0; Path=/_callback; HttpOnly; Secure; SameSite=Lax';
}
