// Python packages for images: uv from PyPI, and the package versions in the lock file of OpenHands.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { cacheFolder, run } from './shell.mjs';

const UV = '0.13.9';

/** Returns the path of the uv program, a static binary. Installs it if missing. */
export async function uv() {
  const folder = cacheFolder(`uv-${UV}`);
  const program = join(folder, 'bin/uv');
  if (!existsSync(program)) {
    await run('python3', ['-m', 'venv', folder]);
    await run(join(folder, 'bin/python'), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `uv==${UV}`]);
  }
  return program;
}

/** Returns the locked package versions of an OpenHands release as pip constraints. */
export async function constraints(version) {
  const folder = cacheFolder('wheels');
  const file = join(folder, `constraints-${version}.txt`);
  if (!existsSync(file)) {
    const options = ['--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary=:all:', '--python-version', '3.13', '--dest', folder];
    await run(join(await venv(), 'bin/python'), ['-m', 'pip', 'download', ...options, `openhands-ai==${version}`]);
    const wheel = readdirSync(folder).find((name) => name.startsWith(`openhands_ai-${version}-`));
    writeFileSync(file, await run('python3', ['-c', READ_LOCK, join(folder, wheel)]));
  }
  return readFileSync(file, 'utf8');
}

async function venv() {
  await uv();
  return cacheFolder(`uv-${UV}`);
}

// Needs no TOML parser: Poetry writes one key per line. Packages with several versions are left to the resolver.
const READ_LOCK = `
import re, sys, zipfile
lock = zipfile.ZipFile(sys.argv[1]).read("openhands/poetry.lock").decode()
pins = {}
for part in lock.split("[[package]]")[1:]:
    name, version = (re.search(rf'^{key} = "(.*)"', part, re.M).group(1) for key in ("name", "version"))
    isElsewhere = re.search(r'^type = "(git|url|directory|file)"', part, re.M)
    pins.setdefault(name, set()).update([] if isElsewhere else [version])
for name, versions in sorted(pins.items()):
    if len(versions) == 1: print(f"{name}=={versions.pop()}")
`;

/** Returns the network settings of this machine for a chroot: DNS, certificates, proxies and the package index of pip. */
export async function networkOfBuilds() {
  const environment = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (/^(https?|all|no)_proxy$/i.test(name) || /^UV_(DEFAULT_INDEX|INDEX|INDEX_URL|EXTRA_INDEX_URL)$/.test(name)) environment[name] = value;
  }
  const index = (await run('python3', ['-m', 'pip', 'config', 'get', 'global.index-url'], { check: false })).stdout?.trim();
  const url = process.env.PIP_INDEX_URL ?? index;
  if (url) environment.UV_DEFAULT_INDEX ??= url;
  const binds = [['/etc/resolv.conf', '/etc/resolv.conf'], ['/etc/hosts', '/etc/hosts']];
  const bundle = [process.env.SSL_CERT_FILE, process.env.PIP_CERT, '/etc/ssl/certs/ca-certificates.crt'].find((file) => file && existsSync(file));
  if (bundle) {
    binds.push([bundle, '/tmp/bench/certificates.pem']);
    environment.SSL_CERT_FILE = '/tmp/bench/certificates.pem';
  }
  return { environment, binds };
}
