// The user-configuration function, invoked with one event at a time, like Lambda.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { python } from './aws.mjs';
import { ROOT, end, start } from './shell.mjs';

const LOOP = `
import json, sys
import app
for line in sys.stdin:
    print(json.dumps(app.handler(json.loads(line), None)), flush=True)
`;

/** Starts the function of this checkout. Returns a function that invokes it with a load balancer event. */
export async function startUserConfig(aws, { mcpServers = { shttp_servers: [], stdio_servers: [] } } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'ohinfra-function-'));
  const source = process.env.OHINFRA_USER_CONFIG ?? join(ROOT, 'crates/openhands/payload/user-config/function');
  cpSync(source, folder, { recursive: true });
  writeFileSync(join(folder, 'everybodys_mcp.json'), JSON.stringify(mcpServers));
  const child = start(await python(), ['-c', LOOP], {
    cwd: folder,
    stdio: ['pipe', 'pipe', process.env.OHINFRA_VERBOSE ? 'inherit' : 'ignore'],
    env: {
      ...process.env, ...aws.environment, PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1', DATA_BUCKET: aws.bucket, KMS_KEY_ID: aws.keyId,
    },
  });
  const waiting = [];
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.resolve(JSON.parse(line)));
  child.on('exit', (code) => {
    for (const one of waiting.splice(0)) one.reject(new Error(`the function exited with code ${code}`));
  });
  const call = (event) =>
    new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      child.stdin.write(`${JSON.stringify(event)}\n`);
    });
  call.stop = async () => {
    await end(child.pid);
    rmSync(folder, { recursive: true, force: true });
  };
  return call;
}
