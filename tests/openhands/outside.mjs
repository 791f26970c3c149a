// Services outside the instance: DNS, and the metadata service with its hop limit.
import { createSocket } from 'node:dgram';
import { fileURLToPath } from 'node:url';

import { end, start, waitFor } from './shell.mjs';

/** Starts a DNS server that resolves only these names, to IPv4 addresses; other names do not exist. */
export async function startDns(host, names) {
  const socket = createSocket('udp4');
  const asked = [];
  socket.on('message', (query, from) => {
    const labels = [];
    let at = 12;
    for (; query[at] > 0; at += query[at] + 1) labels.push(query.toString('latin1', at + 1, at + 1 + query[at]));
    const name = labels.join('.').toLowerCase();
    const [type, question] = [query.readUInt16BE(at + 1), query.subarray(12, at + 5)];
    asked.push(name);
    const address = names[name];
    const answer = type === 1 && address;
    const head = Buffer.alloc(12);
    query.copy(head, 0, 0, 2);
    head.writeUInt16BE(address ? 0x8180 : 0x8183, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(answer ? 1 : 0, 6);
    const record = answer ? Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, ...address.split('.').map(Number)]) : Buffer.alloc(0);
    socket.send(Buffer.concat([head, question, record]), from.port, from.address);
  });
  await new Promise((resolve, reject) => socket.once('error', reject).bind(53, host, resolve));
  return { asked, names, stop: () => new Promise((resolve) => socket.close(resolve)) };
}

/** Starts the metadata service (IMDSv2) with the role of the instance; `hops` is the hop limit of responses. */
export async function startMetadata(host, { device, hops = 1, role = 'openhands-instance', credentials }) {
  const script = fileURLToPath(new URL('metadata.py', import.meta.url));
  const child = start('python3', [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.write(`${JSON.stringify({ host, device, hops, role, credentials })}\n`);
  const requests = [];
  let rest = '';
  let ready = false;
  child.stdout.on('data', (piece) => {
    rest += piece;
    const lines = rest.split('\n');
    rest = lines.pop();
    for (const line of lines) {
      if (line === 'ready') ready = true;
      else requests.push(line);
    }
  });
  await waitFor('the metadata service', () => ready, { failed: () => (child.exitCode === null ? undefined : 'the process exited') });
  return { requests, stop: () => end(child.pid) };
}
