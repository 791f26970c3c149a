// Test of the deployed function: renders the zip archive, extracts it and invokes the handler.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test } from 'node:test';

import { event, location, startCognito } from './cognito.mjs';

test('the zip archive contains a function with the settings of the deployment', async (context) => {
  const cognito = await startCognito();
  const folder = mkdtempSync(join(tmpdir(), 'ohinfra-zip-'));
  context.after(async () => {
    rmSync(folder, { recursive: true });
    await cognito.stop();
  });
  // Special characters in settings are escaped.
  const settings = cognito.settings({ client_secret: '</script>"; process.exit(7); //\\u2028' });
  const input = JSON.stringify(settings);
  const rendered = spawnSync(process.env.OHINFRA_RENDER_PAYLOAD, ['viewer-request', folder], { input, encoding: 'utf8' });
  assert.equal(rendered.status, 0, rendered.stderr);
  const zip = join(folder, 'viewer-request.zip');
  assert.ok(statSync(zip).size < 1024 * 1024);
  assert.equal(spawnSync('python3', ['-m', 'zipfile', '-e', zip, folder]).status, 0);
  const { handler } = await import(pathToFileURL(join(folder, 'index.mjs')));
  const asked = await handler(event('/'));
  assert.ok(location(asked).startsWith(`${settings.login_url}?`));
  const passed = await handler(event('/', { cookie: `id_token=${cognito.token()}` }));
  assert.equal(passed.headers['x-cognito-user-id'][0].value, 'user-1');
  const { settings: baked } = await import(pathToFileURL(join(folder, 'settings.mjs')));
  assert.deepEqual(baked, settings);
});
