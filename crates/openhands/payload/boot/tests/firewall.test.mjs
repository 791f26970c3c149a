// Test of the rules of `sandbox-network` with network namespaces for a sandbox, an instance and the outside.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const file = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Returns the reason to skip the test, or false. */
function reason() {
  const tried = spawnSync('unshare', ['--map-root-user', '--net', 'sh', '-c', 'ip link add x type bridge && iptables -w -S && ip6tables -w -S'], { encoding: 'utf8' });
  return tried.status === 0 ? false : `requires network namespaces with iptables: ${tried.error ?? tried.stderr.trim()}`;
}

test('a sandbox reaches only the sandbox gateway, DNS, HTTPS and the internet', { skip: reason() }, () => {
  const run = spawnSync('unshare', ['--map-root-user', '--net', 'bash', file('firewall.sh'), file('../bundle/sandbox-network')], { encoding: 'utf8', timeout: 60_000 });
  assert.equal(run.status, 0, run.stderr);
  const [sandbox, instance] = run.stdout.trim().split('\n').map((line) => JSON.parse(line));
  assert.deepEqual(sandbox, [
    // Private networks: DNS, and HTTPS for VPC endpoints.
    '10.9.0.5:443', '10.9.0.5:53',
    // The DNS server of the VPC, but not the metadata service.
    '169.254.169.253:53',
    '172.30.0.1:3001',
    '198.51.100.7:443', '198.51.100.7:53', '198.51.100.7:5432', '198.51.100.7:80',
  ]);
  assert.deepEqual(instance, ['172.30.0.2:8000'], 'the instance reaches the sandbox');
});
