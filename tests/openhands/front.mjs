// The edge and the load balancer: CloudFront events pass through the deployed functions, then through the load balancer rules.
import { STATUS_CODES, createServer, request as send } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect } from 'node:net';

import { createHandler as createResponseHandler } from '../../crates/openhands/payload/edge/origin-response/handler.mjs';
import { createHandler as createRequestHandler } from '../../crates/openhands/payload/edge/viewer-request/handler.mjs';

import { run } from './shell.mjs';

export const HOST = 'openhands.example.com';

/** Headers that CloudFront does not forward. */
const HOPS = ['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'expect'];

function edgeHeaders(raw) {
  const headers = {};
  for (let n = 0; n < raw.length; n += 2) (headers[raw[n].toLowerCase()] ??= []).push({ key: raw[n], value: raw[n + 1] });
  return headers;
}

const flat = (headers, leaveOut = []) =>
  Object.entries(headers).filter(([name]) => !leaveOut.includes(name)).flatMap(([, values]) => values.flatMap(({ key, value }) => [key, value]));

async function bodyOf(stream) {
  const pieces = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Calls a function like the load balancer: converts the request to an event, and the result to a response. */
async function toFunction(call, request, incoming) {
  const body = await bodyOf(incoming);
  const result = await call({
    requestContext: { elb: {} }, httpMethod: request.method, path: request.uri,
    queryStringParameters: Object.fromEntries(new URLSearchParams(request.querystring)),
    headers: Object.fromEntries(Object.entries(request.headers).map(([name, values]) => [name, values.at(-1).value])),
    body: body.toString('base64'), isBase64Encoded: true,
  });
  return { status: result.statusCode, headers: Object.entries(result.headers ?? {}).flat(), body: result.isBase64Encoded ? Buffer.from(result.body, 'base64') : result.body };
}

/** Returns a self-signed certificate for the main host and the hosts of applications. */
async function certificate() {
  const names = `subjectAltName=DNS:${HOST},DNS:*.runtime.${HOST}`;
  const text = await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', `/CN=${HOST}`, '-addext', names, '-keyout', '-', '-out', '-']);
  return { key: text, cert: text };
}

/**
 * Starts the edge for the instance at `instance`. `userConfig(event)` is the user-configuration function; without it, its path returns 404.
 * `ports` are the ports of OpenHands and the routing.
 */
export async function startFront({ cognito, instance, originSecret, userConfig, runtimeAccess = 'owner', ports = { app: 3000, routing: 8080 } }) {
  const settings = { ...cognito.settings(), full_domain: HOST, callback_domains: [HOST], runtime_access: runtimeAccess };
  const [onRequest, onResponse] = [createRequestHandler(settings), createResponseHandler(settings)];
  const front = { instance, originSecret, requests: [] };

  /** Runs the viewer-request function. Returns its response, or the request to the load balancer. */
  async function viewer(incoming) {
    const [path, querystring = ''] = [incoming.url.split('?')[0], incoming.url.split('?').slice(1).join('?')];
    const request = { clientIp: '192.0.2.1', method: incoming.method, uri: path, querystring, headers: edgeHeaders(incoming.rawHeaders) };
    return onRequest({ Records: [{ cf: { config: { eventType: 'viewer-request' }, request } }] });
  }

  /** Applies the load balancer rules in order of priority. */
  function target(request) {
    if (request.uri.startsWith('/api/v1/user-config/')) return userConfig ? { call: userConfig } : { status: 404 };
    return { port: request.uri.startsWith('/runtime/') ? ports.routing : ports.app };
  }

  function origin(request, isUpgrade) {
    const headers = { ...request.headers };
    headers['x-origin-verify'] = [{ key: 'X-Origin-Verify', value: front.originSecret }];
    headers['x-forwarded-for'] = [{ key: 'X-Forwarded-For', value: request.clientIp }];
    headers['x-forwarded-proto'] = [{ key: 'X-Forwarded-Proto', value: 'http' }];
    const upgrade = isUpgrade ? ['Connection', 'Upgrade', 'Upgrade', 'websocket'] : [];
    return { method: request.method, path: request.querystring ? `${request.uri}?${request.querystring}` : request.uri, headers: [...flat(headers, HOPS), ...upgrade] };
  }

  async function answer(outgoing, request, { status, headers, body }) {
    const response = { status: String(status), statusDescription: STATUS_CODES[status] ?? '', headers: edgeHeaders(headers) };
    const changed = await onResponse({ Records: [{ cf: { config: { eventType: 'origin-response' }, request, response } }] });
    outgoing.writeHead(Number(changed.status), flat(changed.headers, HOPS));
    if (typeof body?.pipe === 'function') body.on('error', () => outgoing.destroy()).pipe(outgoing);
    else outgoing.end(body);
  }

  async function serve(incoming, outgoing) {
    try {
      const request = await viewer(incoming);
      front.requests.push({ method: incoming.method, url: incoming.url, status: request.status });
      if (request.status) {
        outgoing.writeHead(Number(request.status), flat(request.headers));
        return outgoing.end(request.body);
      }
      const { call, port, status } = target(request);
      if (status) return await answer(outgoing, request, { status, headers: [], body: '' });
      if (call) return await answer(outgoing, request, await toFunction(call, request, incoming));
      const onward = send({ host: front.instance, port, ...origin(request), setHost: false });
      onward.on('response', (response) => answer(outgoing, request, { status: response.statusCode, headers: response.rawHeaders, body: response }));
      onward.on('error', () => (outgoing.headersSent ? outgoing.destroy() : outgoing.writeHead(502).end('Bad Gateway')));
      outgoing.on('close', () => onward.destroy());
      return incoming.pipe(onward);
    } catch (error) {
      return outgoing.headersSent ? outgoing.destroy() : outgoing.writeHead(500).end(String(error));
    }
  }
  async function upgrade(incoming, socket, head) {
    socket.on('error', () => {});
    const refuse = (status, body = '') => socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`);
    const request = await viewer(incoming);
    front.requests.push({ method: 'UPGRADE', url: incoming.url, status: request.status });
    if (request.status) return refuse(Number(request.status), request.body);
    const { port } = target(request);
    if (!port) return refuse(404);
    const { method, path, headers } = origin(request, true);
    const lines = [];
    for (let n = 0; n < headers.length; n += 2) lines.push(`${headers[n]}: ${headers[n + 1]}`);
    const onward = connect(port, front.instance, () => {
      onward.write(`${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
      onward.write(head);
      socket.pipe(onward).pipe(socket);
    });
    onward.on('error', () => refuse(502));
    socket.on('close', () => onward.destroy());
    return undefined;
  }
  // Browsers store the login cookies only over TLS. Other clients use plain HTTP.
  const servers = [createServer(serve), createSecureServer(await certificate(), serve)];
  for (const server of servers) {
    server.on('upgrade', upgrade);
    await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  }
  [front.port, front.securePort] = servers.map((server) => server.address().port);
  front.url = `http://127.0.0.1:${front.port}`;
  front.stop = async () => {
    for (const server of servers) await new Promise((resolve) => server.close(resolve) && server.closeAllConnections());
  };
  return front;
}
