import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';

import { ask as send, container, echo as exchange, freePort, startDocker, startNginx, startServer } from './stand-ins.mjs';

const ADA = 'a'.repeat(32);
const EVE = 'e'.repeat(32);
const OWNER = { 'X-Cognito-User-Id': 'ada' };
const PUBLIC = { 'X-Runtime-Access': 'public' };
const PROBE = { Origin: 'https://openhands.example.com', 'Sec-Fetch-Mode': 'cors', Accept: 'application/json' };

const folder = mkdtempSync(join(tmpdir(), 'ohinfra-docker-'));
const socket = join(folder, 'docker.sock');
const servers = {};
let docker;
let nginx;
let open;
let port;
let closed;
// Containers are cached for 5 s, so every test uses new conversations.
let fresh = 0;
const conversation = () => (fresh += 1).toString(16).padStart(32, '0');

/** Sends a request to a server in a sandbox. The host is derived from the path, unless the headers set it. */
const ask = (to, path, options = {}) => {
  const [, owner, at] = /^\/runtime\/([0-9a-f]{32})\/(\d+)/.exec(path) ?? [];
  const host = owner ? { Host: `${at}-${owner}.runtime.openhands.example.com` } : {};
  return send(to, path, { ...options, headers: { ...host, ...options.headers } });
};

before(async () => {
  docker = await startDocker(socket);
  servers.app = await startServer('127.0.0.1', 0, 'app');
  servers.ada = await startServer('127.0.0.2', 0, 'ada');
  servers.agent = await startServer('127.0.0.2', 8000, 'agent');
  servers.editor = await startServer('127.0.0.2', 8001, 'editor');
  port = servers.ada.port;
  closed = await freePort();
  const values = { app_address: `127.0.0.1:${servers.app.port}`, docker_socket: socket };
  nginx = await startNginx({ ...values, public_access: false });
  open = await startNginx({ ...values, public_access: true });
});
after(async () => {
  for (const one of [nginx, open, docker, ...Object.values(servers)]) await one?.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  docker.mood = '';
  docker.containers = [container(ADA, 'ada', '127.0.0.2')];
});

const echo = (to, path, headers, text) => {
  const [, owner, at] = /^\/runtime\/([0-9a-f]{32})\/(\d+)/.exec(path);
  return exchange(to, path, { Host: `${at}-${owner}.runtime.openhands.example.com`, ...headers }, text);
};

describe('a request from the owner', () => {
  test('reaches the sandbox with unchanged path, query and body', async () => {
    for (const path of ['/', '/x/y?q=1&r=%2F', '/a%2Fb%20c/?', '/?x=/../y', '/ä'.replace('ä', '%C3%A4')]) {
      const answer = await ask(nginx.port, `/runtime/${ADA}/${port}${path}`, { headers: OWNER, method: 'POST', body: 'the body' });
      assert.equal(answer.status, 200, path);
      const { name, url, method, body } = answer.json();
      assert.deepEqual([name, url, method, body], ['ada', path, 'POST', 'the body']);
    }
    const bare = await ask(nginx.port, `/runtime/${ADA}/${port}`, { headers: OWNER });
    assert.equal(bare.json().url, '/');
  });

  test('carries the user, but no origin secret and no login cookies', async () => {
    const headers = {
      ...OWNER, 'X-Origin-Verify': 'secret', 'X-Runtime-Access': 'public', 'X-Forwarded-For': '192.0.2.1',
      Cookie: 'a=1; id_token=x; refresh_token=y; b=id_token=z',
    };
    const { headers: got } = (await ask(nginx.port, `/runtime/${ADA}/${port}/`, { headers })).json();
    assert.equal(got['x-origin-verify'], undefined);
    assert.equal(got['x-runtime-access'], undefined);
    assert.equal(got.cookie, 'a=1; b=id_token=z');
    assert.equal(got.host, `${port}-${ADA}.runtime.openhands.example.com`);
    assert.equal(got['x-forwarded-host'], got.host);
    assert.equal(got['x-forwarded-proto'], 'https');
    assert.equal(got['x-forwarded-for'], '192.0.2.1, 127.0.0.1');
    assert.equal(got['x-real-ip'], '127.0.0.1');
    assert.equal(got['x-cognito-user-id'], 'ada');
  });

  test('can be a WebSocket', async () => {
    assert.equal(await echo(nginx.port, `/runtime/${ADA}/${port}/ws`, OWNER, 'hello'), 'hello');
    assert.match(await echo(nginx.port, `/runtime/${ADA}/${port}/ws`, {}, 'hello'), /403/);
  });

  test('receives a stream without buffering', async () => {
    const first = await new Promise((resolve, reject) => {
      const headers = { ...OWNER, Host: `${port}-${ADA}.runtime.openhands.example.com` };
      const request = get({ port: nginx.port, path: `/runtime/${ADA}/${port}/stream`, headers }, (response) => {
        response.once('data', (piece) => {
          resolve(piece.toString());
          servers.ada.continueStream();
          response.resume();
        });
      });
      request.on('error', reject);
    });
    assert.equal(first, 'data: 1\n\n');
  });

  test('reaches only the agent server on the main host', async () => {
    const headers = { ...OWNER, Host: 'openhands.example.com' };
    assert.equal((await ask(nginx.port, `/runtime/${ADA}/8000/`, { headers })).json().name, 'agent');
    for (const elsewhere of [port, 8001]) {
      assert.equal((await ask(nginx.port, `/runtime/${ADA}/${elsewhere}/`, { headers })).status, 404);
    }
    const other = { ...OWNER, Host: `${port}-${EVE}.runtime.openhands.example.com` };
    assert.equal((await ask(nginx.port, `/runtime/${ADA}/${port}/`, { headers: other })).status, 404);
  });

  test('causes one cached Docker request, only for a list', async () => {
    const own = conversation();
    docker.containers = [container(own, 'ada', '127.0.0.2')];
    docker.requests.length = 0;
    for (let n = 0; n < 5; n += 1) assert.equal((await ask(nginx.port, `/runtime/${own}/${port}/`, { headers: OWNER })).status, 200);
    assert.equal(docker.requests.length, 1);
    assert.match(docker.requests[0], /^GET \/containers\/json\?/);
  });
});

describe('the owner check', () => {
  test('rejects other users and containers without an owner', async () => {
    for (const headers of [{}, { 'X-Cognito-User-Id': 'eve' }, { 'X-Cognito-User-Id': '' }, { 'X-Cognito-User-Id': 'ADA' }, PUBLIC]) {
      assert.equal((await ask(nginx.port, `/runtime/${ADA}/${port}/`, { headers })).status, 403, JSON.stringify(headers));
    }
    const unowned = conversation();
    docker.containers = [container(unowned, undefined, '127.0.0.2')];
    for (const headers of [OWNER, {}, PUBLIC]) {
      assert.equal((await ask(open.port, `/runtime/${unowned}/${port}/`, { headers })).status, 403);
    }
  });

  test('reveals nothing about a container to others', async () => {
    const without = conversation();
    docker.containers = [container(without, 'ada', undefined)];
    assert.equal((await ask(nginx.port, `/runtime/${without}/${port}/`, { headers: { 'X-Cognito-User-Id': 'eve' } })).status, 403);
    assert.equal((await ask(nginx.port, `/runtime/${without}/${port}/`, { headers: OWNER })).status, 502);
  });

  test('does not rely on the Docker filter', async () => {
    docker.mood = 'unfiltered';
    docker.containers = [container(EVE, 'ada', '127.0.0.2')];
    assert.equal((await ask(nginx.port, `/runtime/${conversation()}/${port}/`, { headers: OWNER })).status, 404);
  });
});

describe('public access', () => {
  test('opens applications to public requests', async () => {
    assert.equal((await ask(open.port, `/runtime/${ADA}/${port}/`, { headers: PUBLIC })).json().name, 'ada');
    assert.equal((await ask(open.port, `/runtime/${ADA}/${port}/`)).status, 403);
    assert.equal((await ask(open.port, `/runtime/${ADA}/${port}/`, { headers: { 'X-Runtime-Access': 'PUBLIC' } })).status, 403);
  });

  test('never opens the agent server and the editor', async () => {
    for (const reserved of [8000, 8001]) {
      assert.equal((await ask(open.port, `/runtime/${ADA}/${reserved}/`, { headers: PUBLIC })).status, 403);
      assert.equal((await ask(open.port, `/runtime/${ADA}/${reserved}/`, { headers: OWNER })).status, 200);
    }
  });

  test('does not open OpenHands itself', async () => {
    for (const path of ['/', '/api/x', '/runtime/x/1/', `/runtime/${ADA}/0/`]) {
      assert.equal((await ask(open.port, path, { headers: PUBLIC })).status, 404, path);
    }
  });
});

describe('the routing', () => {
  test('returns 404 for a missing container, and 503 for a Docker failure', async () => {
    assert.equal((await ask(nginx.port, `/runtime/${conversation()}/${port}/`, { headers: OWNER })).status, 404);
    for (const mood of ['broken', 'failing']) {
      docker.mood = mood;
      assert.equal((await ask(nginx.port, `/runtime/${conversation()}/${port}/`, { headers: OWNER })).status, 503, mood);
    }
    const alone = await startNginx({ app_address: '127.0.0.1:1', docker_socket: join(folder, 'none'), public_access: false });
    assert.equal((await ask(alone.port, `/runtime/${ADA}/${port}/`, { headers: OWNER })).status, 503);
    await alone.stop();
  });

  test('returns 204 for frontend probes of a closed port, otherwise 502', async () => {
    const path = `/runtime/${ADA}/${closed}/`;
    const probe = await ask(nginx.port, path, { headers: { ...OWNER, ...PROBE } });
    assert.deepEqual([probe.status, probe.headers['cache-control'], probe.text], [204, 'no-store', '']);
    for (const missing of Object.keys(PROBE)) {
      const headers = { ...OWNER, ...PROBE };
      delete headers[missing];
      assert.equal((await ask(nginx.port, path, { headers })).status, 502, missing);
    }
  });

  test('returns errors as pages with a link for navigation, and as plain text for scripts', async () => {
    docker.containers = [];
    const path = `/runtime/${conversation()}/8011/`;
    const accept = { Accept: 'text/html', 'Sec-Fetch-Mode': 'navigate' };
    const page = await ask(nginx.port, path, { headers: { ...OWNER, ...accept } });
    assert.deepEqual([page.status, page.headers['content-type']], [404, 'text/html; charset=utf-8']);
    assert.match(page.text, /<a href="https:\/\/openhands\.example\.com\/">/);
    const script = await ask(nginx.port, path, { headers: { ...OWNER, Accept: 'application/json' } });
    assert.deepEqual([script.status, script.headers['content-type']], [404, 'text/plain; charset=utf-8']);
    // A host with special characters is not inserted into the page.
    const strange = { ...OWNER, ...accept, Host: `8011-${'b'.repeat(32)}.runtime.x"><script>` };
    assert.doesNotMatch((await ask(nginx.port, `/runtime/${'b'.repeat(32)}/8011/`, { headers: strange })).text, /script/);
  });

  test('does not change a 502 of an application', async () => {
    const answer = await ask(nginx.port, `/runtime/${ADA}/${port}/own-502`, { headers: { ...OWNER, ...PROBE } });
    assert.deepEqual([answer.status, answer.headers['x-server']], [502, 'ada']);
  });

  test('returns 400 for ambiguous paths and dot segments', async () => {
    for (const path of [
      `/runtime/${ADA}/${port}/../../${EVE}/${port}/`, `/runtime/${EVE}/1/../../${ADA}/${port}/`, `/runtime/${ADA}/${port}/%2e%2e/%2e%2e/x`,
      `/runtime/${ADA}/${port}/..`, `//runtime/${ADA}/${port}/`, `/x/../runtime/${ADA}/${port}/`, `/runtime/${ADA}/${port}/../../../api`,
      `/%72untime/${ADA}/${port}/`, `/runtime/${ADA}/99999/`,
    ]) {
      assert.equal((await ask(open.port, path, { headers: OWNER })).status, 400, path);
      assert.equal((await ask(open.port, path, { headers: PUBLIC })).status, 400, path);
    }
  });
});

test('nginx returns 404 for other paths, and serves /health', async () => {
  for (const path of ['/', '/api/conversations?x=1', '/runtime/short/1/', `/runtime/${'A'.repeat(32)}/80/`, `/runtime/${ADA}/080/`]) {
    assert.equal((await ask(nginx.port, path, { headers: OWNER })).status, 404, path);
  }
  const health = await ask(nginx.port, '/health');
  assert.deepEqual([health.status, health.text], [200, 'OK']);
});

describe('the sandbox gateway', () => {
  const FORGED = {
    ...OWNER, 'X-Cognito-Email': 'ada@example.com', 'X-Cognito-Email-Verified': 'true', 'X-Origin-Verify': 'guess', 'X-Runtime-Access': 'public',
  };

  test('forwards routes with a sandbox key, without user headers', async () => {
    const paths = ['/api/v1/webhooks/events/1?x=1', '/mcp/mcp', '/mcp', `/api/v1/sandboxes/oh-agent-server-${ADA}/settings/secrets/NAME`];
    for (const path of paths) {
      const headers = { ...FORGED, 'X-Session-API-Key': 'key' };
      const answer = await ask(nginx.gateway, path, { headers, method: 'POST', body: 'the body' });
      const { name, url, body, headers: got } = answer.json();
      assert.deepEqual([name, url, body, got['x-session-api-key']], ['app', path, 'the body', 'key']);
      for (const forged of Object.keys(FORGED)) assert.equal(got[forged.toLowerCase()], undefined, forged);
    }
  });

  test('forwards no other routes', async () => {
    const paths = [
      '/', '/api/health', '/api/v1/settings', '/api/v1/users/me', '/api/v1/sandboxes/search', '/mcpx', '/api/v1/webhooks',
      '/api/v1/webhooks/../settings', '/api/v1/webhooks/%2e%2e/settings', '/mcp/..%2fapi/v1/settings', `/runtime/${ADA}/8000/`,
    ];
    for (const path of paths) {
      const { status } = await ask(nginx.gateway, path, { headers: FORGED });
      assert.ok([400, 404].includes(status), `${path}: ${status}`);
    }
  });
});
