// Validation of Cognito ID tokens: only RS256, with a key from the key set of the user pool.
import { createPublicKey, verify } from 'node:crypto';

const LEEWAY_SECONDS = 60;
const KEYS_LIVE_MS = 60 * 60 * 1000;
const UNKNOWN_KEY_MS = 60 * 1000;
const FAILED_FETCH_MS = 5 * 1000;
const MOST_TOKENS = 5;
const LONGEST_TOKEN = 16 * 1024;
const LEAST_BITS = 2048;

/** Decodes strict base64url, without padding. */
function decode(text) {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) return undefined;
  return Buffer.from(text, 'base64url');
}

function decodeObject(text) {
  try {
    const value = JSON.parse(decode(text)?.toString('utf8') ?? '');
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function usable(key) {
  const fits = key?.kty === 'RSA' && typeof key.kid === 'string' && (key.alg ?? 'RS256') === 'RS256' && (key.use ?? 'sig') === 'sig';
  if (!fits) return undefined;
  try {
    const imported = createPublicKey({ key: { kty: 'RSA', n: key.n, e: key.e }, format: 'jwk' });
    return imported.asymmetricKeyDetails.modulusLength >= LEAST_BITS ? imported : undefined;
  } catch {
    return undefined;
  }
}

/** Caches the keys of the user pool for an hour. An unknown key triggers a refetch, at most once a minute. */
export function createKeySet(url, fetchJson, now = () => Date.now()) {
  let keys = new Map();
  let fetchedAt = -Infinity;
  let triedAt = -Infinity;

  async function refetch(deadline) {
    triedAt = now();
    const document = await fetchJson(url, deadline);
    const found = Array.isArray(document?.keys) ? document.keys : [];
    const imported = new Map();
    for (const key of found) {
      const publicKey = usable(key);
      if (publicKey) imported.set(key.kid, publicKey);
    }
    // A response without keys is a service error: keep the known keys.
    if (imported.size > 0) {
      keys = imported;
      fetchedAt = now();
    }
  }

  return async function find(kid, deadline) {
    const age = now() - fetchedAt;
    const pause = fetchedAt === -Infinity ? FAILED_FETCH_MS : UNKNOWN_KEY_MS;
    if ((age > KEYS_LIVE_MS || !keys.has(kid)) && now() - triedAt >= pause) {
      // If the key set is unavailable, the known keys remain valid.
      await refetch(deadline).catch(() => {});
    }
    return keys.get(kid);
  };
}

/** Returns the claims of an ID token, or undefined if it is invalid. */
export async function validate(token, settings, findKey, deadline, now = () => Date.now()) {
  if (typeof token !== 'string' || token.length > LONGEST_TOKEN) return undefined;
  const parts = token.split('.');
  if (parts.length !== 3) return undefined;
  const [header, claims] = parts.slice(0, 2).map(decodeObject);
  const signature = decode(parts[2]);
  if (!header || !claims || !signature || header.alg !== 'RS256' || typeof header.kid !== 'string') return undefined;
  // Check the claims before the signature, so that foreign tokens do not trigger a key lookup.
  const seconds = now() / 1000;
  const isOurs = claims.iss === settings.issuer && claims.aud === settings.client_id && claims.token_use === 'id';
  const isInTime =
    typeof claims.exp === 'number' &&
    claims.exp + LEEWAY_SECONDS > seconds &&
    (claims.nbf === undefined || (typeof claims.nbf === 'number' && claims.nbf - LEEWAY_SECONDS <= seconds));
  const isNamed = typeof claims.sub === 'string' && /^[A-Za-z0-9._-]{1,128}$/.test(claims.sub);
  if (!isOurs || !isInTime || !isNamed) return undefined;
  const key = await findKey(header.kid, deadline);
  if (!key || !verify('RSA-SHA256', Buffer.from(`${parts[0]}.${parts[1]}`), key, signature)) return undefined;
  return claims;
}

/** Returns the claims of the first valid token. Cookies of an earlier user pool may still exist. */
export async function firstValid(tokens, settings, findKey, deadline, now) {
  for (const token of tokens.slice(0, MOST_TOKENS)) {
    const claims = await validate(token, settings, findKey, deadline, now);
    if (claims) return claims;
  }
  return undefined;
}
