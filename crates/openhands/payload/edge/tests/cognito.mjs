// A fake Cognito: an HTTP server with RS256 keys that validates requests like Cognito.
import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { createServer } from 'node:http';

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

export function newKey(bits = 2048) {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: bits });
  const kid = randomUUID();
  return { kid, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' }, publicKey };
}

export function signed(key, claims, header = {}) {
  const text = `${encode({ alg: 'RS256', kid: key.kid, ...header })}.${encode(claims)}`;
  return `${text}.${sign('RSA-SHA256', Buffer.from(text), key.privateKey).toString('base64url')}`;
}

export async function startCognito() {
  const cognito = {
    key: newKey(),
    clientId: 'client-1',
    clientSecret: 'client-secret-that-nobody-may-see',
    codes: new Map(),
    refreshTokens: new Set(['good-refresh-token']),
    // Simulated failures: 'down' returns 500, 'slow' never responds, 'broken' returns invalid data, 'away' closes the connection.
    keysMood: '',
    tokenMood: '',
    keyRequests: 0,
    tokenRequests: [],
    rotates: false,
  };

  cognito.claims = (more = {}) => {
    const now = Math.floor(Date.now() / 1000);
    return {
      sub: 'user-1', email: 'ada@example.com', email_verified: true, iss: cognito.url, aud: cognito.clientId,
      token_use: 'id', iat: now, exp: now + 86400, ...more,
    };
  };
  cognito.token = (more, header) => signed(cognito.key, cognito.claims(more), header);

  function grant(parameters) {
    if (parameters.get('grant_type') === 'refresh_token') {
      return cognito.refreshTokens.has(parameters.get('refresh_token')) ? cognito.claims() : undefined;
    }
    const code = cognito.codes.get(parameters.get('code'));
    cognito.codes.delete(parameters.get('code'));
    const challenge = createHash('sha256').update(parameters.get('code_verifier') ?? '').digest('base64url');
    const fits = code && code.challenge === challenge && code.redirect_uri === parameters.get('redirect_uri');
    return fits ? cognito.claims({ nonce: code.nonce, ...cognito.nextClaims }) : undefined;
  }

  const server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    const url = new URL(request.url, cognito.url);
    const send = (status, value) => response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
    const spoiled = (mood) => {
      if (mood === 'down') return send(500, { error: 'internal' }) && true;
      if (mood === 'broken') return response.end('<html>not JSON') && true;
      if (mood === 'away') return request.socket.destroy() && true;
      return mood === 'slow';
    };
    if (url.pathname === '/.well-known/jwks.json') {
      cognito.keyRequests += 1;
      if (!spoiled(cognito.keysMood)) send(200, { keys: [cognito.key.jwk] });
    } else if (url.pathname === '/oauth2/authorize') {
      // The user enters the correct password.
      const query = url.searchParams;
      const code = randomUUID();
      cognito.codes.set(code, {
        challenge: query.get('code_challenge'), nonce: query.get('nonce'), redirect_uri: query.get('redirect_uri'),
      });
      const location = `${query.get('redirect_uri')}?code=${code}&state=${encodeURIComponent(query.get('state'))}`;
      response.writeHead(302, { Location: location }).end();
    } else if (url.pathname === '/oauth2/token' && request.method === 'POST') {
      const parameters = new URLSearchParams(body);
      cognito.tokenRequests.push(parameters);
      if (spoiled(cognito.tokenMood)) return;
      const expected = `Basic ${Buffer.from(`${cognito.clientId}:${cognito.clientSecret}`).toString('base64')}`;
      if (request.headers.authorization !== expected) return send(401, { error: 'invalid_client' });
      const claims = grant(parameters);
      if (!claims) return send(400, { error: 'invalid_grant' });
      const tokens = { id_token: signed(cognito.key, claims), access_token: 'x', expires_in: 3600, token_type: 'Bearer' };
      const isNew = parameters.get('grant_type') === 'authorization_code' || cognito.rotates;
      send(200, isNew ? { ...tokens, refresh_token: 'good-refresh-token' } : tokens);
    } else {
      send(404, {});
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  cognito.url = `http://127.0.0.1:${server.address().port}`;
  cognito.stop = () => new Promise((resolve) => server.close(resolve) && server.closeAllConnections());
  cognito.settings = (more = {}) => ({
    user_pool_id: 'us-east-1_pool', client_id: cognito.clientId, client_secret: cognito.clientSecret, issuer: cognito.url,
    key_set_url: `${cognito.url}/.well-known/jwks.json`, login_url: `${cognito.url}/oauth2/authorize`,
    token_url: `${cognito.url}/oauth2/token`, logout_url: `${cognito.url}/logout`, full_domain: 'openhands.example.com',
    callback_domains: ['openhands.example.com'], runtime_access: 'owner', ...more,
  });
  return cognito;
}

const NAVIGATION = { accept: 'text/html,*/*', 'sec-fetch-mode': 'navigate' };

/** Returns a viewer request event in the format of CloudFront. */
export function event(uri, headers = {}, { method = 'GET', querystring = '', host = 'openhands.example.com' } = {}) {
  const all = {};
  for (const [name, value] of Object.entries({ host, ...NAVIGATION, ...headers })) {
    if (value !== undefined) all[name.toLowerCase()] = [value].flat().map((one) => ({ key: name, value: one }));
  }
  const request = { clientIp: '192.0.2.1', headers: all, method, querystring, uri };
  return { Records: [{ cf: { config: { eventType: 'viewer-request' }, request } }] };
}

export const location = (answer) => answer.headers.location?.[0].value;
export const setCookies = (answer) => (answer.headers['set-cookie'] ?? []).map(({ value }) => value);
export const cookie = (answer, name) => setCookies(answer).find((value) => value.startsWith(`${name}=`));
