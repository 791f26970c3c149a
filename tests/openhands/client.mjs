// The HTTP behavior of a browser: cookies, the login, and requests to the main host and hosts of applications.
import { request as send } from 'node:http';

import { HOST } from './front.mjs';
import { openSocket } from './websocket.mjs';

// Request headers of a script in the page, and of a navigation.
const SCRIPT = { Accept: 'application/json', 'Sec-Fetch-Mode': 'cors' };
const NAVIGATION = { Accept: 'text/html,*/*', 'Sec-Fetch-Mode': 'navigate' };

/** Sends a request with an unmodified path. */
export function ask({ host = '127.0.0.1', port, path, method = 'GET', headers = {}, body, seconds = 120 }) {
  return new Promise((resolve, reject) => {
    const text = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    const type = body !== undefined && text !== body ? { 'Content-Type': 'application/json' } : {};
    const length = text === undefined ? {} : { 'Content-Length': Buffer.byteLength(text) };
    const request = send({ host, port, path, method, headers: { ...type, ...length, ...headers } }, async (response) => {
      const pieces = [];
      try {
        for await (const piece of response) pieces.push(piece);
      } catch (error) {
        return reject(error);
      }
      const bytes = Buffer.concat(pieces);
      const answer = { status: response.statusCode, headers: response.headers, bytes, text: bytes.toString() };
      answer.json = () => JSON.parse(answer.text);
      return resolve(answer);
    });
    request.setTimeout(seconds * 1000, () => request.destroy(new Error(`${method} ${path}: no response within ${seconds} s`)));
    request.on('error', reject);
    request.end(text);
  });
}

/** Returns a client of the edge without a login. */
export function createClient(front) {
  const jar = new Map();
  const client = { jar };
  const cookies = (path) => [...jar].filter(([name]) => name !== 'login_state' || path.startsWith('/_callback')).map(([name, value]) => `${name}=${value}`).join('; ');
  const options = (path, { host = HOST, headers = {} } = {}) => ({
    host: '127.0.0.1', port: front.port, path, headers: { Host: host, ...SCRIPT, ...(jar.size > 0 ? { Cookie: cookies(path) } : {}), ...headers },
  });
  client.request = async (method, path, { body, host, headers, seconds } = {}) => {
    const answer = await ask({ ...options(path, { host, headers }), method, body, seconds });
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [, name, value] = /^([^=]*)=([^;]*)/.exec(line) ?? [];
      if (/;\s*max-age=0/i.test(line) || value === '') jar.delete(name);
      else if (name) jar.set(name, value);
    }
    return answer;
  };
  for (const method of ['GET', 'DELETE']) client[method.toLowerCase()] = (path, more) => client.request(method, path, more);
  for (const method of ['POST', 'PUT', 'PATCH']) client[method.toLowerCase()] = (path, body, more) => client.request(method, path, { body, ...more });
  client.navigate = (path, more = {}) => client.request('GET', path, { ...more, headers: { ...NAVIGATION, ...more.headers } });
  client.ws = (path, more) => openSocket(options(path, more));
  return client;
}

/** Logs in a user with the complete flow: the redirect, the page of Cognito and the callback. */
export async function login(front, cognito, user) {
  const client = createClient(front);
  const first = await client.navigate('/');
  if (first.status !== 302) throw new Error(`navigation without a login: ${first.status} ${first.text}`);
  cognito.nextClaims = { sub: user.id, email: user.email, email_verified: true };
  const authorized = await fetch(first.headers.location, { redirect: 'manual' });
  const back = new URL(authorized.headers.get('location'));
  const last = await client.navigate(`${back.pathname}${back.search}`);
  if (!client.jar.has('id_token')) throw new Error(`callback: ${last.status} ${last.text}`);
  return Object.assign(client, { user });
}

export const ADA = { id: '0a0a0a0a-1111-4aaa-8aaa-aaaaaaaaaaaa', email: 'ada@example.com' };
export const BOB = { id: '0b0b0b0b-2222-4bbb-8bbb-bbbbbbbbbbbb', email: 'bob@example.com' };
