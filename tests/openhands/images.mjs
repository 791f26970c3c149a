// Images without a registry: a Debian base layer from debootstrap, and layers with OpenHands and its agent server from PyPI.
//
// Layers are built in a chroot and cached as tar files, named by a fingerprint of their inputs.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { cacheFolder, fingerprint, run, runningPid, waitFor } from './shell.mjs';
import { constraints, networkOfBuilds, uv } from './python.mjs';

const SUITE = 'trixie';
const PACKAGES = [
  'ca-certificates', 'curl', 'git', 'iproute2', 'iputils-ping', 'jq', 'libnginx-mod-http-lua', 'lua-cjson', 'nginx-light', 'procps',
  'python3', 'python3-venv', 'sudo', 'tmux',
];

export const OPENRESTY_IMAGE = 'openresty/openresty:1.27.1.2-alpine';

/** Returns the agent server version in the lock file of an OpenHands release. */
async function agentServerVersion(version) {
  const line = /^openhands-agent-server==(.*)$/m.exec(await constraints(version));
  if (!line) throw new Error(`the lock file of OpenHands ${version} does not contain openhands-agent-server`);
  return line[1];
}

/** Returns the table of supported releases, newest first. */
export async function releases() {
  return JSON.parse(await run(process.env.OHINFRA_RENDER_PAYLOAD, ['releases']));
}

/** Returns the image tags of an OpenHands version: from the table, or derived for a version that is not in the table. */
export async function imageTags(version) {
  const all = await releases();
  const release = all.find((one) => one.version === version) ?? {
    ...all[0], openhands_tag: version, agent_server_tag: `${await agentServerVersion(version)}-python`,
  };
  return {
    app: `${release.openhands_repository}:${release.openhands_tag}`,
    agentServer: `${release.agent_server_repository}:${release.agent_server_tag}`,
    openresty: OPENRESTY_IMAGE,
  };
}

/** As in the published image: user 10001 with passwordless sudo. */
const BASE_SETUP = `
groupadd -g 10001 openhands
useradd -m -u 10001 -g 10001 -s /bin/bash -G sudo openhands
echo 'openhands ALL=(ALL) NOPASSWD:ALL' >> /etc/sudoers
mkdir -p /workspace/project /app
chown -R openhands:openhands /workspace
rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/*.deb /usr/share/doc/* /usr/share/man/* /usr/share/locale/*
`;

/** Returns the Debian mirror of this machine's apt, as arguments of debootstrap; empty for the default mirror. */
async function mirror() {
  if (process.env.OHINFRA_DEBIAN_MIRROR) return [process.env.OHINFRA_DEBIAN_MIRROR];
  const targets = await run('apt-get', ['indextargets', '--format', '$(ORIGIN)|$(LABEL)|$(REPO_URI)']).catch(() => '');
  const line = targets.split('\n').find((one) => one.startsWith('Debian|Debian|'));
  return line ? [line.split('|')[2]] : [];
}

/** Runs a script in a chroot with its own mount namespace. */
async function chroot(folder, script, { lower, environment = {}, binds = [] } = {}) {
  const mounts = [];
  let root = folder;
  if (lower) {
    root = join(folder, 'root');
    for (const name of ['root', 'upper', 'work']) mkdirSync(join(folder, name), { recursive: true });
    mounts.push(`mount -t overlay overlay -o lowerdir=${lower},upperdir=${folder}/upper,workdir=${folder}/work ${root}`);
  }
  mounts.push(`mount -t proc proc ${root}/proc`, `mount --rbind /dev ${root}/dev`, `mount -t tmpfs tmpfs ${root}/run`);
  mounts.push(`mkdir -p ${root}/tmp/bench`, `mount -t tmpfs tmpfs ${root}/tmp/bench`);
  for (const [from, to] of binds) {
    const make = to.endsWith('/') ? `mkdir -p ${root}${to}` : `touch ${root}${to}`;
    mounts.push(make, `mount --bind ${from} ${root}${to}`);
  }
  const variables = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', LC_ALL: 'C.UTF-8', ...environment };
  const pairs = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  const outer = ['set -e', ...mounts, `exec chroot ${root} /usr/bin/env -i "$@" /bin/sh -euc "$SCRIPT"`].join('\n');
  await run('unshare', ['--mount', '--propagation', 'private', '--', 'sh', '-c', outer, 'sh', ...pairs], {
    env: { ...process.env, SCRIPT: script },
  });
}

/** Builds a cache entry once: `build(folder)` fills a directory, which is then renamed to its final name. */
async function once(name, build) {
  const done = join(cacheFolder('images'), name);
  if (existsSync(done)) return done;
  const lock = `${done}.lock`;
  await waitFor(`the build of ${name} by another process`, () => takeLock(lock), { seconds: 900, every: 500 });
  const folder = `${done}.new`;
  try {
    if (existsSync(done)) return done;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    await build(folder);
    renameSync(folder, done);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    rmSync(lock, { force: true });
  }
  return done;
}

/** Tries to acquire a lock file. Returns true on success; otherwise deletes a stale lock. */
function takeLock(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    if (!runningPid(file, 'node')) rmSync(file, { force: true });
    return false;
  }
}

/** Builds the base layer and returns its directory. */
export async function base() {
  const name = `base-${fingerprint(SUITE, PACKAGES.join(), BASE_SETUP)}`;
  return once(name, async (folder) => {
    const root = join(folder, 'root');
    await run('debootstrap', [
      '--variant=minbase', `--include=${PACKAGES.join(',')}`, `--cache-dir=${cacheFolder('debs')}`, SUITE, root, ...(await mirror()),
    ]);
    await chroot(root, BASE_SETUP);
    await pack(root, folder);
  });
}

/** Packs a directory into a layer: the tar file, and its digest. */
async function pack(root, folder) {
  const file = join(folder, 'layer.tar');
  await run('tar', ['--numeric-owner', '--exclude=./dev/*', '--exclude=./tmp/*', '--exclude=./run/*', '-C', root, '-cf', file, '.']);
  writeFileSync(join(folder, 'digest'), `sha256:${(await run('sha256sum', [file])).slice(0, 64)}`);
}

/** Builds a layer with a virtual environment of these requirements, then runs `script` in it. */
async function environment(name, { path, requirements, limits, script }) {
  const lower = await base();
  const tools = await uv();
  const network = await networkOfBuilds();
  const install = `
mkdir -p ${path}
python3 -m venv --without-pip ${path}/.venv
/tmp/bench/uv pip install --quiet --python ${path}/.venv/bin/python --link-mode copy --compile-bytecode \\
  --constraints /tmp/bench/constraints.txt ${requirements.map((one) => `'${one}'`).join(' ')}
${script}`;
  return once(`${name}-${fingerprint(lower.split('-').at(-1), install, limits)}`, async (folder) => {
    const file = join(folder, 'constraints.txt');
    writeFileSync(file, limits);
    await chroot(folder, install, {
      lower: join(lower, 'root'),
      environment: { ...network.environment, UV_CACHE_DIR: '/var/cache/uv', UV_NO_PROGRESS: '1' },
      binds: [[tools, '/tmp/bench/uv'], [file, '/tmp/bench/constraints.txt'], [cacheFolder('uv'), '/var/cache/uv/'], ...network.binds],
    });
    for (const place of ['var/cache/uv', 'etc/resolv.conf', 'etc/hosts', ...network.binds.map(([, to]) => to.slice(1))]) {
      rmSync(join(folder, 'upper', place), { recursive: true, force: true });
    }
    await pack(join(folder, 'upper'), folder);
    for (const rest of ['upper', 'work', 'root']) rmSync(join(folder, rest), { recursive: true, force: true });
  });
}

/** Builds the layer of OpenHands, with the virtual environment in `/app`. */
export async function app(version) {
  return environment(`app-${version}`, {
    path: '/app',
    requirements: [`openhands-ai==${version}`],
    limits: await constraints(version),
    script: 'find /app/.venv -name "*.pdf" -delete',
  });
}

/** Builds the layer of the agent server, with boto3 for Bedrock. */
export async function agentServer(version) {
  const own = await agentServerVersion(version);
  return environment(`agent-server-${own}`, {
    path: '/agent-server',
    requirements: [...['agent-server', 'sdk', 'tools'].map((one) => `openhands-${one}==${own}`), 'boto3'],
    limits: await constraints(version),
    script: `
printf '#!/bin/sh\\nexec /agent-server/.venv/bin/python -m openhands.agent_server "$@"\\n' > /usr/local/bin/openhands-agent-server
# The agent server refuses conversations without a browser. None is started before an agent asks for one.
printf '#!/bin/sh\\necho "this image has no browser" >&2\\nexit 1\\n' > /usr/bin/chromium
chmod 755 /usr/local/bin/openhands-agent-server /usr/bin/chromium`,
  });
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Returns the images that an instance of this version pulls, with tag, layers and configuration. */
export async function images(version) {
  const tags = await imageTags(version);
  const bottom = await base();
  const [appLayer, pageLayer, agentLayer, nginxLayer] = [await app(version), await page(), await agentServer(version), await nginx()];
  return [
    {
      tag: tags.app,
      layers: [bottom, appLayer, pageLayer],
      config: { WorkingDir: '/app', Env: [`PATH=/app/.venv/bin:${PATH}`, 'PYTHONUNBUFFERED=1'], Cmd: ['uvicorn', 'openhands.server.listen:app'] },
    },
    {
      tag: tags.agentServer,
      layers: [bottom, agentLayer],
      config: {
        User: 'openhands', WorkingDir: '/', Env: [`PATH=${PATH}`, 'OH_ENABLE_VNC=false', 'LOG_JSON=true'], ExposedPorts: { '8000/tcp': {} },
        Entrypoint: ['/usr/local/bin/openhands-agent-server'],
      },
    },
    {
      tag: tags.openresty,
      layers: [bottom, nginxLayer],
      config: { Env: [`PATH=${PATH}`], Cmd: ['/usr/local/openresty/bin/openresty'], ExposedPorts: {} },
    },
  ];
}

/** Builds a layer of text files; `contents` maps paths to texts. */
function files(name, contents) {
  return once(`${name}-${fingerprint(JSON.stringify(contents))}`, async (folder) => {
    for (const [path, text] of Object.entries(contents)) {
      const file = join(folder, 'root', path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text, { mode: text.startsWith('#!') ? 0o755 : 0o644 });
    }
    await pack(join(folder, 'root'), folder);
  });
}

/** Builds a layer that provides Debian's nginx at the paths of the OpenResty image. */
function nginx() {
  const modules = ['ndk_http_module', 'ngx_http_lua_module'].map((one) => `load_module /usr/lib/nginx/modules/${one}.so;`).join(' ');
  const home = '/usr/local/openresty';
  return files('openresty', {
    'usr/local/openresty/bin/openresty': `#!/bin/sh
exec nginx -p ${home}/nginx -c ${home}/nginx/conf/nginx.conf -g "${modules} daemon off; pid /tmp/nginx.pid;"
`,
    'usr/local/openresty/nginx/logs/.keep': '',
  });
}

/** Builds a layer with a placeholder for the OpenHands page, which is missing in the package on PyPI. */
const page = () =>
  files('page', { 'app/frontend/build/index.html': '<!doctype html><html lang="en"><title>OpenHands</title><h1>The page of OpenHands</h1></html>\n' });

/** Returns the configuration of an image in the format of Docker, and a fingerprint. */
function configuration({ layers, config, tag }) {
  const digests = layers.map((layer) => readFileSync(join(layer, 'digest'), 'utf8'));
  const architecture = { x64: 'amd64' }[process.arch] ?? process.arch;
  const mark = fingerprint(tag, digests.join(), JSON.stringify(config));
  const labels = { Labels: { bench: mark } };
  return { mark, json: JSON.stringify({ architecture, os: 'linux', config: { ...config, ...labels }, rootfs: { type: 'layers', diff_ids: digests } }) };
}

/** Loads images into an engine, except those that are already loaded. */
export async function load(engine, wanted) {
  const missing = [];
  for (const image of wanted) {
    const made = configuration(image);
    const known = await engine.docker(['image', 'inspect', '--format', '{{ index .Config.Labels "bench" }}', image.tag], { check: false });
    if (known.stdout.trim() !== made.mark) missing.push({ ...image, ...made });
  }
  if (missing.length === 0) return;
  // The format of `docker save`. The layers are symbolic links, which tar follows.
  const folder = mkdtempSync(join(tmpdir(), 'ohinfra-images-'));
  try {
    const names = new Map();
    const manifest = missing.map((image) => {
      writeFileSync(join(folder, `${image.mark}.json`), image.json);
      for (const layer of image.layers.filter((one) => !names.has(one))) {
        names.set(layer, `${names.size}.tar`);
        symlinkSync(join(layer, 'layer.tar'), join(folder, names.get(layer)));
      }
      return { Config: `${image.mark}.json`, RepoTags: [image.tag], Layers: image.layers.map((layer) => names.get(layer)) };
    });
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
    await run('sh', ['-c', `tar -C ${folder} --dereference -cf - . | docker --host unix://${engine.socket} load --quiet`]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
