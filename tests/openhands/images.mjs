// Images without a registry: a Debian base by debootstrap, and on top of it OpenHands and its agent server from PyPI.
//
// A layer is built in a chroot on the machine and kept as a tar file in the cache under a fingerprint of what went into it.
import { spawn } from 'node:child_process';
import { createReadStream, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { cacheFolder, fingerprint, run } from './shell.mjs';
import { constraints, networkOfBuilds, uv } from './python.mjs';

const SUITE = 'trixie';
const PACKAGES = [
  'ca-certificates', 'curl', 'git', 'iproute2', 'iputils-ping', 'jq', 'libnginx-mod-http-lua', 'lua-cjson', 'nginx-light', 'procps',
  'python3', 'python3-venv', 'sudo', 'tmux',
];

/** What differs between the versions of OpenHands that the bench can run. */
export const VERSIONS = {
  '1.11.0': { agentServer: '1.34.0' },
  '1.7.0': { agentServer: '1.19.1' },
};

export const APP_REPOSITORY = 'docker.openhands.dev/openhands/openhands';
export const AGENT_SERVER_REPOSITORY = 'ghcr.io/openhands/agent-server';
export const OPENRESTY_IMAGE = 'openresty/openresty:1.27.1.2-alpine';

/** The agent server that a version of OpenHands was released with. */
export function agentServerVersion(version) {
  const own = VERSIONS[version]?.agentServer ?? process.env.OHINFRA_AGENT_SERVER;
  if (!own) throw new Error(`which agent server OpenHands ${version} needs is not known: set OHINFRA_AGENT_SERVER`);
  return own;
}

/** As in the published image: uid 10001, which may become root by sudo. */
const BASE_SETUP = `
groupadd -g 10001 openhands
useradd -m -u 10001 -g 10001 -s /bin/bash -G sudo openhands
echo 'openhands ALL=(ALL) NOPASSWD:ALL' >> /etc/sudoers
mkdir -p /workspace/project /app
chown -R openhands:openhands /workspace
rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/*.deb /usr/share/doc/* /usr/share/man/* /usr/share/locale/*
`;

/** The mirror that this machine's own apt uses for Debian; debootstrap's default elsewhere. */
async function mirror() {
  if (process.env.OHINFRA_DEBIAN_MIRROR) return [process.env.OHINFRA_DEBIAN_MIRROR];
  const targets = await run('apt-get', ['indextargets', '--format', '$(ORIGIN)|$(LABEL)|$(REPO_URI)']).catch(() => '');
  const line = targets.split('\n').find((one) => one.startsWith('Debian|Debian|'));
  return line ? [line.split('|')[2]] : [];
}

/** Runs a script in a chroot whose mounts vanish with it. */
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

/** Builds something in the cache once: `build(folder)` fills a folder, which then gets its final name. */
async function once(name, build) {
  const done = join(cacheFolder('images'), name);
  if (existsSync(done)) return done;
  const folder = `${done}.new-${process.pid}`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  try {
    await build(folder);
    renameSync(folder, done);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return done;
}

/** The root folder of the base. */
export async function base() {
  const name = `base-${fingerprint(SUITE, PACKAGES.join(), BASE_SETUP)}`;
  return once(name, async (folder) => {
    const root = join(folder, 'root');
    await run('debootstrap', [
      '--variant=minbase', `--include=${PACKAGES.join(',')}`, `--cache-dir=${cacheFolder('debs')}`, SUITE, root, ...(await mirror()),
    ]);
    await chroot(root, BASE_SETUP);
    await pack(root, join(folder, 'layer.tar'));
  });
}

async function pack(root, file) {
  await run('tar', ['--numeric-owner', '--exclude=./dev/*', '--exclude=./tmp/*', '--exclude=./run/*', '-C', root, '-cf', file, '.']);
}

/** A layer with a virtual environment of exactly these requirements, and the end of its script. */
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
    await pack(join(folder, 'upper'), join(folder, 'layer.tar'));
    for (const rest of ['upper', 'work', 'root']) rmSync(join(folder, rest), { recursive: true, force: true });
  });
}

/** OpenHands itself, as `uvicorn` in its path and `/app` as the working folder. */
export async function app(version) {
  return environment(`app-${version}`, {
    path: '/app',
    requirements: [`openhands-ai==${version}`],
    limits: await constraints(version),
    script: 'find /app/.venv -name "*.pdf" -delete',
  });
}

/** The agent server with what Bedrock needs. */
export async function agentServer(version) {
  const own = agentServerVersion(version);
  return environment(`agent-server-${own}`, {
    path: '/agent-server',
    requirements: [...['agent-server', 'sdk', 'tools'].map((one) => `openhands-${one}==${own}`), 'boto3'],
    limits: await constraints(version),
    script: `
printf '#!/bin/sh\\nexec /agent-server/.venv/bin/python -m openhands.agent_server "$@"\\n' > /usr/local/bin/openhands-agent-server
chmod 755 /usr/local/bin/openhands-agent-server`,
  });
}

/** Every image that an instance of this version pulls: tag, layers and configuration. */
export async function images(version, tags = {}) {
  const own = agentServerVersion(version);
  const [bottom, appLayer, agentLayer] = [await base(), await app(version), await agentServer(version)];
  return [
    {
      tag: tags.app ?? `${APP_REPOSITORY}:${version}`,
      layers: [bottom, appLayer],
      changes: ['WORKDIR /app', 'ENV PATH=/app/.venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'ENV PYTHONUNBUFFERED=1'],
    },
    {
      tag: tags.agentServer ?? `${AGENT_SERVER_REPOSITORY}:${own}-python`,
      layers: [bottom, agentLayer],
      changes: [
        'USER openhands', 'WORKDIR /', 'ENV OH_ENABLE_VNC=false', 'ENV LOG_JSON=true', 'EXPOSE 8000',
        'ENTRYPOINT ["/usr/local/bin/openhands-agent-server"]',
      ],
    },
    {
      tag: tags.openresty ?? OPENRESTY_IMAGE,
      layers: [bottom],
      // Debian's nginx under the paths of OpenResty's image.
      changes: ['ENTRYPOINT ["/usr/local/openresty/bin/openresty"]'],
      setup: nginxSetup(),
    },
  ];
}

/** OpenResty has Lua built in; Debian's nginx loads it as a module. */
function nginxSetup() {
  const modules = ['ndk_http_module', 'ngx_http_lua_module'].map((one) => `load_module /usr/lib/nginx/modules/${one}.so;`).join(' ');
  return `
mkdir -p /usr/local/openresty/bin /usr/local/openresty/nginx/conf /usr/local/openresty/nginx/logs /usr/local/openresty/ohinfra
cat > /usr/local/openresty/bin/openresty <<'END'
#!/bin/sh
exec nginx -p /usr/local/openresty/nginx -c /usr/local/openresty/nginx/conf/nginx.conf \\
  -g "${modules} daemon off; pid /tmp/nginx.pid;"
END
chmod 755 /usr/local/openresty/bin/openresty`;
}

const isLoaded = async (engine, tag, mark) =>
  (await engine.docker(['image', 'inspect', '--format', '{{ index .Config.Labels "bench" }}', tag], { check: false })).stdout.trim() === mark;

function piped(engine, args, file) {
  return new Promise((resolve, reject) => {
    const child = spawn('docker', ['--host', `unix://${engine.socket}`, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (piece) => (stdout += piece));
    child.stderr.on('data', (piece) => (stderr += piece));
    child.on('close', (code) => (code === 0 ? resolve(stdout.trim()) : reject(new Error(`docker ${args[0]}: ${stderr}`))));
    child.stdin.on('error', () => {});
    createReadStream(file).pipe(child.stdin);
  });
}

/** Loads the images into an engine; those that are loaded already cost one request each. */
export async function load(engine, wanted) {
  for (const image of wanted) {
    const mark = fingerprint(image.layers.join(), image.changes.join(), image.setup ?? '');
    if (await isLoaded(engine, image.tag, mark)) continue;
    const bottom = `ohinfra-bench/base:${fingerprint(image.layers[0])}`;
    const known = await engine.docker(['image', 'inspect', bottom], { check: false });
    if (known.status !== 0) await piped(engine, ['import', '-', bottom], join(image.layers[0], 'layer.tar'));
    const command = image.setup ? ['sh', '-euc', image.setup] : ['true'];
    const container = (await engine.docker(['create', '--network', 'none', bottom, ...command])).trim();
    try {
      for (const layer of image.layers.slice(1)) await piped(engine, ['cp', '-', `${container}:/`], join(layer, 'layer.tar'));
      if (image.setup) await engine.docker(['start', '--attach', container]);
      const changes = [...image.changes, 'CMD []', `LABEL bench=${mark}`].flatMap((one) => ['--change', one]);
      await engine.docker(['commit', ...changes, container, image.tag]);
    } finally {
      await engine.docker(['rm', '--force', container]);
    }
  }
}
