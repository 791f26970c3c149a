// A simulated machine in a directory: the boot script runs in a chroot and a user namespace, with stubs for commands with side effects.
import { spawnSync } from 'node:child_process';
import {
  appendFileSync, chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const STUB = fileURLToPath(new URL('stub.sh', import.meta.url));
const STUBBED = [
  'amazon-cloudwatch-agent-ctl', 'aws', 'blkid', 'chown', 'curl', 'dnf', 'docker', 'ebsnvme-id', 'ip6tables', 'ip6tables-restore', 'iptables',
  'iptables-restore', 'mkfs.xfs', 'mount', 'mountpoint', 'sleep', 'systemctl',
];
// Mounts of the host that are required to run commands.
const ENTER = `
set -e
cd "$1"
mount --rbind /usr usr
mount -t overlay overlay -o "lowerdir=/usr/local,upperdir=$PWD/.local,workdir=$PWD/.work" usr/local
mount --rbind /proc proc
mount --bind /dev/null dev/null
mount --bind /dev/urandom dev/urandom
shift
exec chroot . /bin/bash "$@"
`;

export const VALUES = {
  region: 'us-west-2', alert_topic_arn: 'arn:aws:sns:us-west-2:111111111111:openhands-alerts', log_group_name: '/openhands/application',
  data_bucket: 'openhands-data', file_system_id: 'fs-0123456789abcdef0', access_point_id: 'fsap-0123456789abcdef0',
  database_secret: 'openhands/database/proxy-user', database_host: 'proxy.example.com', database_port: 5432, database_name: 'openhands',
  sandbox_secret: 'openhands/sandbox-secret-key', origin_secret: 'openhands/cloudfront/origin-verify', user_secrets_key_id: 'key-1',
  sandbox_role_arn: 'arn:aws:iam::111111111111:role/sandbox', group_name: 'openhands-asg', model: 'bedrock/model',
  allowed_models: ['anthropic.claude-*'],
};

export const DATABASE = { username: 'openhands_proxy', password: "pa%ss/wo@rd'$x\\" };
export const SANDBOX_KEY = 'c2FuZGJveC1rZXk+/w==';

export class Machine {
  constructor(values = {}) {
    this.root = mkdtempSync(join(tmpdir(), 'ohinfra-boot-'));
    for (const name of ['data', 'dev', 'etc/systemd/system', 'opt', 'proc', 'run', 'state', 'tmp', 'usr', 'var/log', 'var/run', '.local/sbin', '.work']) {
      mkdirSync(this.path(name), { recursive: true });
    }
    for (const name of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, this.path(name));
    symlinkSync('/proc/self/fd', this.path('dev/fd'));
    for (const name of ['dev/null', 'dev/urandom', 'dev/nvme0n1', 'dev/nvme1n1', 'dev/nvme2n1', 'etc/fstab', 'var/run/docker.sock']) {
      writeFileSync(this.path(name), '');
    }
    copyFileSync(STUB, this.path('.local/stub'));
    chmodSync(this.path('.local/stub'), 0o755);
    for (const name of STUBBED) symlinkSync('../stub', this.path(`.local/sbin/${name}`));
    for (const name of ['calls', 'mounted']) this.set(name, '');
    this.set('database-secret', JSON.stringify(DATABASE));
    this.set('sandbox-secret', `${SANDBOX_KEY}\n`);
    this.script = this.render(values);
  }

  path(name) {
    return join(this.root, name);
  }

  /** Sets the behavior of a stub. */
  set(name, text) {
    writeFileSync(this.path(`state/${name}`), text);
  }

  render(values) {
    const input = JSON.stringify({ ...VALUES, ...values });
    const rendered = spawnSync(process.env.OHINFRA_RENDER_PAYLOAD, ['boot', this.path('state')], { input, encoding: 'utf8' });
    if (rendered.status !== 0) throw new Error(`failed to render the script: ${rendered.error ?? rendered.stderr}`);
    return rendered.stdout;
  }

  /** Runs the boot script, or another file of the machine with arguments. `plugin` is the content for the expected digest. */
  run(file, { plugin = 'the plugin\n', words = [] } = {}) {
    this.set('calls', '');
    const digest = createHash('sha256').update(plugin).digest('hex');
    const script = this.script.replace(/^compose_sha256='[0-9a-f]{64}'$/m, `compose_sha256='${digest}'`);
    if (script === this.script) throw new Error('digest not found in the script');
    writeFileSync(this.path('user-data.sh'), script);
    const options = ['--map-root-user', '--mount', 'sh', '-c', ENTER, 'sh', this.root, file ?? '/user-data.sh', ...words];
    const ended = spawnSync('unshare', options, { encoding: 'utf8', timeout: 60_000 });
    return { status: ended.status, output: `${ended.stdout}${ended.stderr}`, calls: this.read('state/calls').trim().split('\n') };
  }

  read(name) {
    return existsSync(this.path(name)) ? readFileSync(this.path(name), 'utf8') : undefined;
  }

  append(name, text) {
    appendFileSync(this.path(name), text);
  }

  mode(name) {
    return (statSync(this.path(name)).mode & 0o777).toString(8);
  }

  /** Returns all files of the machine, with content and mode. */
  files(folder = '') {
    return readdirSync(this.path(folder), { withFileTypes: true }).flatMap((entry) => {
      const name = join(folder, entry.name);
      if (['state', 'proc', 'run', 'usr', '.work', '.local/stub', 'dev'].includes(name) || entry.isSymbolicLink()) return [];
      if (entry.isDirectory()) return this.files(name);
      return [{ name, mode: this.mode(name), text: readFileSync(this.path(name), 'utf8') }];
    });
  }

  remove() {
    // The work directory of the overlay is not accessible even to its owner.
    spawnSync('chmod', ['-R', 'u+rwx', this.path('.work')]);
    rmSync(this.root, { recursive: true, force: true });
  }
}
