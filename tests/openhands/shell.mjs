// Shared functions of the bench: processes, polling and the cache.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** The root directory of the checkout. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The directory of files that are kept between runs. */
export const CACHE = process.env.OHINFRA_CACHE ?? join(homedir(), '.cache/ohinfra');

/** Returns a directory in the cache, created if missing. */
export function cacheFolder(...parts) {
  const folder = join(CACHE, ...parts);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Deletes the content of a directory, but not the directory itself, which may be mounted. */
export function empty(folder) {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true });
}

/** Returns a short hash of texts. */
export function fingerprint(...texts) {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(`${Buffer.byteLength(text)}:`).update(text);
  return hash.digest('hex').slice(0, 16);
}

/**
 * Runs a program until it exits and returns its standard output.
 * `check: false` returns `{ status, stdout, stderr }` instead of throwing.
 */
export function run(program, args = [], { input, check = true, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], ...options });
    const output = { stdout: [], stderr: [] };
    for (const name of ['stdout', 'stderr']) child[name]?.on('data', (piece) => output[name].push(piece));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const [stdout, stderr] = [output.stdout, output.stderr].map((pieces) => Buffer.concat(pieces).toString());
      if (!check) return resolve({ status: code ?? signal, stdout, stderr });
      if (code === 0) return resolve(stdout);
      const tail = `${stdout}\n${stderr}`.trim().split('\n').slice(-25).join('\n');
      return reject(new Error(`${program} ${args.join(' ').slice(0, 300)} failed (${code ?? signal}):\n${tail}`));
    });
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

/** Starts a program that receives `signal` when this process ends, for any reason. Ctrl-C in the terminal does not reach the program. */
export function start(program, args = [], { signal = 'TERM', user, ...options } = {}) {
  const as = user ? ['--reuid', user, '--regid', user, '--init-groups'] : [];
  return spawn('setpriv', [...as, '--pdeathsig', signal, '--', program, ...args], { detached: true, ...options });
}

/** Waits for all promises, even if one fails, so that everything started can be stopped; then throws the first error. */
export async function all(promises) {
  const results = await Promise.allSettled(promises);
  const failed = results.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
  return results.map((one) => one.value);
}

/** Polls until `ask` returns a truthy value. The error contains `what` and the reason of the failure. */
export async function waitFor(what, ask, { seconds = 60, every = 100, failed = () => undefined } = {}) {
  const deadline = Date.now() + seconds * 1000;
  let problem;
  for (;;) {
    try {
      const answer = await ask();
      if (answer) return answer;
    } catch (error) {
      problem = error;
    }
    const why = failed();
    if (why || Date.now() > deadline) {
      throw new Error(`${what}: ${why ?? `timed out after ${seconds} s`}${problem ? ` (${problem.message})` : ''}`);
    }
    await sleep(every);
  }
}

/** Returns true if a process exists and is not a zombie. */
export function isAlive(pid) {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Stops a process and waits until it exits; kills it after `seconds`. */
export async function end(pid, { signal = 'SIGTERM', seconds = 20 } = {}) {
  if (!pid || !isAlive(pid)) return;
  process.kill(pid, signal);
  await waitFor(`the end of process ${pid}`, () => !isAlive(pid), { seconds }).catch(async () => {
    process.kill(pid, 'SIGKILL');
    await waitFor(`the end of process ${pid}`, () => !isAlive(pid), { seconds: 10 });
  });
}

/** Returns the process ID in a file if that process is still running this program. */
export function runningPid(file, program) {
  if (!existsSync(file)) return undefined;
  const pid = Number(readFileSync(file, 'utf8').trim());
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(program) && isAlive(pid) ? pid : undefined;
  } catch {
    return undefined;
  }
}
