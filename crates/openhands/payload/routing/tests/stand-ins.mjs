// Test fixtures: nginx with the rendered configuration, a fake Docker API on a socket, and HTTP servers as sandboxes.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as send } from 'node:http';
import { connect, createServer as createSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const LUA = fileURLToPath(new URL('../lua', import.meta.url));
const MODULES = '/usr/lib/nginx/modules';

const listen = (server, ...where) => new Promise((resolve, reject) => server.on('error', reject).listen(...where, resolve));

export async function freePort() {
  const server = createSocket();
  await listen(server, 0, '127.0.0.1');
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts a fake Docker API that lists `docker.containers` and records requests. */
export async function startDocker(socket) {
  const docker = { containers: [], mood: '', requests: [] };
  const server = createServer((request, response) => {
    docker.requests.push(`${request.method} ${request.url}`);
    if (docker.mood === 'broken') return response.end('<html>');
    if (docker.mood === 'failing') return response.writeHead(500).end('{}');
    const filters = JSON.parse(new URL(request.url, 'http://docker').searchParams.get('filters'));
    const [name, value] = filters.label[0].split('=');
    const found = docker.containers.filter(({ Labels }) => docker.mood === 'unfiltered' || Labels[name] === value);
    return response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(found));
  });
  await listen(server, socket);
  docker.stop = () => new Promise((resolve) => server.close(resolve) && server.closeAllConnections());
  return docker;
}

export function container(conversation, user, address) {
  const labels = { conversation_id: conversation, ...(user ? { user_id: user } : {}) };
  const networks = address === undefined ? {} : { bridge: { IPAddress: '' }, sandboxes: { IPAddress: address } };
  return { Id: conversation, Labels: labels, NetworkSettings: { Networks: networks }, Ports: [] };
}

/** Starts a server of a sandbox that echoes requests and WebSocket messages, and streams. */
export async function startServer(address, port, name) {
  const server = createServer(async (request, response) => {
    if (request.url === '/stream') {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.write('data: 1\n\n');
      server.continueStream = () => response.end('data: 2\n\n');
      return;
    }
    let body = '';
    for await (const piece of request) body += piece;
    const own = request.url.startsWith('/own-502');
    response.writeHead(own ? 502 : 200, { 'Content-Type': 'application/json', 'X-Server': name });
    response.end(JSON.stringify({ name, url: request.url, method: request.method, headers: request.headers, body }));
  });
  const sockets = [];
  server.on('upgrade', (request, socket) => {
    sockets.push(socket);
    const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash('sha1').update(key).digest('base64');
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    socket.on('data', (frame) => {
      // Echo a short masked text frame as an unmasked frame.
      const [length, mask] = [frame[1] & 0x7f, frame.subarray(2, 6)];
      const text = Buffer.from(frame.subarray(6, 6 + length).map((byte, n) => byte ^ mask[n % 4]));
      socket.write(Buffer.concat([Buffer.from([0x81, length]), text]));
    });
    socket.on('error', () => {});
  });
  await listen(server, port, address);
  server.stop = () => {
    for (const one of sockets) one.destroy();
    return new Promise((resolve) => server.close(resolve) && server.closeAllConnections());
  };
  server.port = server.address().port;
  return server;
}

/** Returns the rendered nginx configuration. */
function configuration(values) {
  const program = process.env.OHINFRA_RENDER_PAYLOAD;
  const rendered = spawnSync(program, ['routing'], { input: JSON.stringify(values), encoding: 'utf8' });
  if (rendered.status !== 0) throw new Error(`failed to render the configuration: ${rendered.error ?? rendered.stderr}`);
  return rendered.stdout;
}

export async function startNginx(values) {
  const folder = mkdtempSync(join(tmpdir(), 'ohinfra-routing-'));
  const [port, gateway] = [await freePort(), await freePort()];
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, configuration({ lua_folder: LUA, listen: `127.0.0.1:${port}`, sandbox_gateway: `127.0.0.1:${gateway}`, ...values }));
  // The Debian package provides Lua as a dynamic module; otherwise the configuration equals that of an instance.
  const directives = [
    `load_module ${MODULES}/ndk_http_module.so;`, `load_module ${MODULES}/ngx_http_lua_module.so;`,
    `pid ${folder}/pid;`, 'daemon off;',
  ].join(' ');
  const nginx = spawn('nginx', ['-p', folder, '-c', file, '-g', directives], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  nginx.stderr.on('data', (piece) => {
    log += piece;
  });
  const ended = new Promise((resolve) => nginx.on('exit', resolve));
  const server = { port, gateway, log: () => log };
  server.stop = async () => {
    nginx.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true });
  };
  for (let tries = 0; ; tries += 1) {
    const answer = await ask(port, '/health').catch(() => undefined);
    if (answer) return server;
    if (nginx.exitCode !== null || tries > 200) throw new Error(`nginx failed to start: ${log}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** Sends a request with exactly this path. */
export function ask(port, path, { headers = {}, method = 'GET', body } = {}) {
  return new Promise((resolve, reject) => {
    const request = send({ host: '127.0.0.1', port, path, method, headers }, async (response) => {
      let text = '';
      for await (const piece of response) text += piece;
      resolve({ status: response.statusCode, headers: response.headers, text, json: () => JSON.parse(text) });
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** Opens a WebSocket, sends a message and returns the reply. */
export function echo(port, path, headers, text) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const lines = Object.entries({
      Host: 'h', Upgrade: 'websocket', Connection: 'Upgrade', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Version': '13', ...headers,
    });
    socket.write(`GET ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
    let seen = Buffer.alloc(0);
    let isOpen = false;
    socket.on('data', (piece) => {
      seen = Buffer.concat([seen, piece]);
      const end = seen.indexOf('\r\n\r\n');
      if (!isOpen && end >= 0) {
        isOpen = true;
        if (!seen.toString().startsWith('HTTP/1.1 101')) return resolve(seen.toString().split('\r\n')[0]);
        seen = seen.subarray(end + 4);
        const mask = Buffer.from([1, 2, 3, 4]);
        const masked = Buffer.from(text).map((byte, n) => byte ^ mask[n % 4]);
        socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | text.length]), mask, masked]));
      }
      if (isOpen && seen.length >= 2 + text.length) {
        socket.destroy();
        resolve(seen.subarray(2).toString());
      }
    });
    socket.on('error', reject);
  });
}
