// Network of the bench: the instance is a network namespace, and the machine provides everything outside the instance.
//
//   instance (namespace)  10.61.N.10  eth0 ── veth ── 10.61.N.1     VPC: database, AWS endpoints
//   172.30.0.0/20 Docker bridge                        203.0.113.1N  internet: the fake model
//                                                      169.254.169.254  metadata service
//
// Published ports, firewall rules and bridges of the instance do not affect the machine.
import { existsSync } from 'node:fs';

import { run } from './shell.mjs';

/** Returns the names and addresses of a bench; benches with different numbers can run concurrently. */
export function addresses(number = Number(process.env.OHINFRA_BENCH ?? 0)) {
  return {
    number,
    namespace: `ohinfra-bench-${number}`,
    device: `ohbench${number}`,
    instance: `10.61.${number}.10`,
    vpc: `10.61.${number}.1`,
    internet: `203.0.113.${10 + number}`,
    metadata: '169.254.169.254',
  };
}

export async function removeNetwork(at) {
  // The kernel deletes a veth pair with its namespace.
  if (existsSync(`/run/netns/${at.namespace}`)) await run('ip', ['netns', 'delete', at.namespace]);
  await run('ip', ['link', 'delete', at.device], { check: false });
}

export async function createNetwork(at) {
  await removeNetwork(at);
  const inside = (...words) => run('ip', ['-n', at.namespace, ...words]);
  await run('ip', ['netns', 'add', at.namespace]);
  await run('ip', ['link', 'add', at.device, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', at.namespace]);
  await run('ip', ['address', 'add', `${at.vpc}/24`, 'dev', at.device]);
  for (const one of [at.internet, at.metadata]) await run('ip', ['address', 'add', `${one}/32`, 'dev', at.device]);
  await run('ip', ['link', 'set', at.device, 'up']);
  await inside('link', 'set', 'lo', 'up');
  await inside('address', 'add', `${at.instance}/24`, 'dev', 'eth0');
  await inside('link', 'set', 'eth0', 'up');
  await inside('route', 'add', 'default', 'via', at.vpc);
  // As in a VPC, the metadata service is link-local.
  await inside('route', 'add', `${at.metadata}/32`, 'dev', 'eth0');
}
