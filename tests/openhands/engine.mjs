// A Docker engine on a simulated instance: separate network, mount and process namespaces with their own `/data`, `/opt` and `/run`.
// Rendered files and scripts use the paths and addresses of a real instance, and killing the first process ends all others.
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { addresses, createNetwork, removeNetwork } from './network.mjs';
import { cacheFolder, empty, end, isAlive, run, runningPid, start, waitFor } from './shell.mjs';

const DISK_BYTES = 40 * 1024 ** 3;
const PROGRAMS = ['dockerd', 'docker', 'containerd', 'iptables', 'ip', 'nsenter', 'unshare', 'debootstrap'];

/** Returns the reason why this machine cannot run containers; `undefined` if it can. */
export async function whyNot() {
  if (process.getuid() !== 0) return 'Docker requires root';
  for (const program of PROGRAMS) {
    if ((await run('which', [program], { check: false })).status !== 0) return `${program} is not installed: run \`cargo xtask openhands\``;
  }
  const unshare = (script) => run('unshare', ['--mount', '--net', '--pid', '--fork', '--propagation', 'private', 'sh', '-ec', script], { check: false });
  const overlay = 'mount -t tmpfs tmpfs /mnt; cd /mnt; mkdir a b c d; mount -t overlay overlay -o lowerdir=a,upperdir=b,workdir=c d';
  const containers = await unshare(overlay);
  if (containers.status !== 0) return `the kernel does not permit containers: ${containers.stderr.trim()}`;
  const filter = await unshare('iptables -t nat -A POSTROUTING -j MASQUERADE; iptables -A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT');
  if (filter.status !== 0) return `the kernel does not support packet filters: ${filter.stderr.trim()}`;
  return undefined;
}

const isMounted = (folder) => readFileSync('/proc/self/mountinfo', 'utf8').split('\n').some((line) => line.split(' ')[4] === folder);

/** Mounts `/data` of the instance as XFS with project quotas. Returns false if the kernel has no support; `/data` is then a directory. */
async function mountData(folder) {
  const [image, data] = [join(folder, 'disk.img'), join(folder, 'data')];
  mkdirSync(data, { recursive: true });
  if (isMounted(data)) return true;
  const mount = async () => (await run('mount', ['-o', 'loop,pquota', image, data], { check: false })).status === 0;
  if (existsSync(image) && (await mount())) return true;
  rmSync(image, { force: true });
  await run('truncate', ['--size', String(DISK_BYTES), image]);
  const made = await run('mkfs.xfs', ['-q', '-f', image], { check: false }).catch(() => ({ status: 1 }));
  if (made.status === 0 && (await mount())) return true;
  rmSync(image, { force: true });
  return false;
}

async function unmountData(folder) {
  const data = join(folder, 'data');
  const isFree = async () => !isMounted(data) || (await run('umount', [data], { check: false })).status === 0;
  await waitFor(`unmounting ${data}`, isFree, { seconds: 30 });
}

/**
 * Returns the script of the first process of the namespaces. It sets up a root directory, which is that of the machine except for
 * `/data`, `/opt`, `/run` and `/tmp`, then reaps orphans.
 */
function initScript(folder) {
  const resolv = realpathSync('/etc/resolv.conf');
  const isInRun = resolv.startsWith('/run/');
  return `
set -e
root=${folder}/root
mkdir -p $root ${folder}/data/openhands ${folder}/data/docker
mount -t tmpfs -o mode=755 tmpfs $root
for path in /*; do
  case $path in /data | /opt | /run | /tmp | /proc) continue ;; esac
  if [ -L $path ]; then cp -a $path $root$path
  elif [ -d $path ]; then mkdir $root$path && mount --rbind $path $root$path; fi
done
mkdir $root/data $root/opt $root/run $root/tmp $root/proc $root/.machine
chmod 1777 $root/tmp
mount --rbind ${folder}/data $root/data
mount --bind ${folder}/efs $root/data/openhands
mount --bind ${folder}/opt $root/opt
mount --bind ${folder}/run $root/run
mount --bind ${folder}/hosts $root/etc/hosts
${isInRun ? `mkdir -p $root$(dirname ${resolv}) && cp ${folder}/resolv.conf $root${resolv}` : `mount --bind ${folder}/resolv.conf $root${resolv}`}
cd $root
pivot_root . .machine
mount -t proc proc /proc
umount -l /.machine
rmdir /.machine
touch /run/init-ready
set +e
while :; do sleep 3600 & wait $!; done`;
}

/** Starts an engine and cleans up leftovers of a previous engine with this number. Fails if the number is in use. */
export async function startEngine({ number, daemon = {} } = {}) {
  const at = addresses(number);
  const folder = cacheFolder(`bench-${at.number}`);
  const owner = join(folder, 'owner');
  const other = runningPid(owner, 'node');
  if (other && other !== process.pid) {
    throw new Error(`bench ${at.number} is in use by process ${other}; set OHINFRA_BENCH to a different number`);
  }
  await clean(folder, at);
  writeFileSync(owner, String(process.pid));
  const hasQuota = await mountData(folder);
  for (const name of ['efs', 'run', 'opt/openhands']) mkdirSync(join(folder, name), { recursive: true });
  empty(join(folder, 'opt/openhands'));
  const resolv = `nameserver ${at.vpc}\noptions timeout:1 attempts:1\n`;
  writeFileSync(join(folder, 'resolv.conf'), resolv);
  writeFileSync(join(folder, 'hosts'), `127.0.0.1 localhost\n${at.instance} instance\n`);
  await createNetwork(at);
  const engine = { at, folder, hasQuota, daemon, socket: join(folder, 'run/docker.sock'), efs: join(folder, 'efs'), opt: join(folder, 'opt/openhands') };
  await startInit(engine);
  const enter = (program, args) => [`--target=${engine.init}`, '--mount', '--net', '--pid', '--', program, ...args];
  engine.docker = (args, options) => run('docker', ['--host', `unix://${engine.socket}`, ...args], options);
  /** Runs a program on the instance. */
  engine.exec = (program, args = [], options) => run('nsenter', enter(program, args), options);
  engine.spawn = (program, args = [], options) => spawn('nsenter', enter(program, args), options);
  engine.log = () => readFileSync(join(folder, 'dockerd.log'), 'utf8');
  engine.startDocker = () => startDocker(engine);
  engine.stopDocker = () => stopDocker(engine);
  engine.removeContainers = () => removeContainers(engine);
  engine.stop = async () => {
    await removeContainers(engine).catch(() => {});
    await stopDocker(engine).catch(() => {});
    await clean(folder, at);
    rmSync(owner, { force: true });
  };
  await engine.startDocker();
  await engine.removeContainers();
  return engine;
}

async function startInit(engine) {
  const { folder, at } = engine;
  const log = openSync(join(folder, 'init.log'), 'w');
  const child = start(
    'nsenter',
    [`--net=/run/netns/${at.namespace}`, 'unshare', '--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private', 'sh', '-c', initScript(folder)],
    { signal: 'KILL', stdio: ['ignore', log, log], detached: true },
  );
  closeSync(log);
  child.unref();
  writeFileSync(join(folder, 'unshare.pid'), String(child.pid));
  const failed = () => (isAlive(child.pid) ? undefined : readFileSync(join(folder, 'init.log'), 'utf8'));
  await waitFor('the namespaces of the instance', () => existsSync(join(folder, 'run/init-ready')), { seconds: 20, failed });
  engine.init = Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ')[0]);
}

async function startDocker(engine) {
  const { folder } = engine;
  const configuration = {
    'log-level': 'warn', 'live-restore': true, 'shutdown-timeout': 5, ...engine.daemon,
    'data-root': '/data/docker', 'exec-root': '/run/docker', pidfile: '/run/docker.pid', hosts: ['unix:///run/docker.sock'], group: 'root',
  };
  writeFileSync(join(folder, 'run/daemon.json'), JSON.stringify(configuration));
  rmSync(join(folder, 'run/docker.pid'), { force: true });
  const log = openSync(join(folder, 'dockerd.log'), 'a');
  // Like the Docker unit of an instance.
  const firewall = 'sandbox-network';
  if (existsSync(join(engine.opt, firewall))) await engine.exec(`/opt/openhands/${firewall}`, ['firewall']);
  // The shell exits first, so that dockerd becomes a child of the first process of the namespaces.
  const script = `dockerd --config-file /run/daemon.json & sleep 0`;
  const starter = engine.spawn('sh', ['-c', script], { stdio: ['ignore', log, log], detached: true });
  closeSync(log);
  starter.unref();
  await waitFor('Docker', async () => (await engine.docker(['version'], { check: false })).status === 0, {
    failed: () => (engine.log().includes('failed to start daemon') ? engine.log().slice(-2000) : undefined),
  });
}

/** Stops only the daemon; containers keep running, as with `live-restore` on an instance. */
async function stopDocker(engine) {
  const wait = 'pid=$(cat /run/docker.pid); kill "$pid"; while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done';
  await engine.exec('sh', ['-c', wait]);
}

async function removeContainers(engine) {
  const all = (await engine.docker(['ps', '--all', '--quiet'])).split('\n').filter(Boolean);
  if (all.length > 0) await engine.docker(['rm', '--force', '--volumes', ...all]);
  await engine.docker(['network', 'prune', '--force']);
}

/** Kills all processes in the namespaces, removes the network and unmounts the disk. Idempotent. */
async function clean(folder, at) {
  const unshare = runningPid(join(folder, 'unshare.pid'), 'unshare');
  if (unshare) {
    const children = readFileSync(`/proc/${unshare}/task/${unshare}/children`, 'utf8').trim().split(' ').filter(Boolean);
    for (const child of children) await end(Number(child), { signal: 'SIGKILL' });
    await end(unshare, { signal: 'SIGKILL' });
  }
  await removeNetwork(at);
  await unmountData(folder);
  rmSync(join(folder, 'dockerd.log'), { force: true });
  empty(join(folder, 'run'));
}
