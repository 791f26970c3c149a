// The AWS services that an instance uses: S3, KMS and Secrets Manager in LocalStack.
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { CACHE, ROOT, end, run, start, waitFor } from './shell.mjs';

export const ACCOUNT = '333333333333';
export const ORIGIN_SECRET = 'openhands/cloudfront/origin-verify';
export const SANDBOX_SECRET = 'openhands/sandbox-secret-key';
export const DATABASE_SECRET = 'openhands/database/proxy';

/** Returns the Python program of the virtual environment with LocalStack, which xtask creates in the cache. */
export async function python() {
  if (process.env.OHINFRA_TEST_PYTHON) return join(process.env.OHINFRA_TEST_PYTHON, 'bin/python');
  const find = () => {
    const found = (existsSync(CACHE) ? readdirSync(CACHE) : [])
      .filter((name) => name.startsWith('localstack-') && existsSync(join(CACHE, name, 'complete')))
      .sort((one, other) => statSync(join(CACHE, one)).mtimeMs - statSync(join(CACHE, other)).mtimeMs);
    return found.length > 0 ? join(CACHE, found.at(-1), 'bin/python') : undefined;
  };
  if (!find()) {
    for (const task of ['start', 'stop']) await run('cargo', ['xtask', 'localstack', task], { cwd: ROOT });
  }
  return find();
}

async function freePort() {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const SETUP = `
import boto3, json, sys
region, bucket, secrets = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
client = lambda service: boto3.client(service, region_name=region)
client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region})
for name, value in secrets.items():
    client("secretsmanager").create_secret(Name=name, SecretString=value)
print(client("kms").create_key()["KeyMetadata"]["KeyId"])
`;

/** Starts LocalStack at `host` and creates the bucket, the secrets and the KMS key of a deployment. */
export async function startAws(host, { port, region = 'us-west-2', bucket = `openhands-data-${ACCOUNT}`, secrets = {} } = {}) {
  const program = await python();
  // LocalStack listens on all addresses, so concurrent benches need different ports.
  port ??= await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'ohinfra-aws-'));
  const endpoint = `http://${host}:${port}`;
  const environment = {
    AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: ACCOUNT, AWS_SECRET_ACCESS_KEY: 'test', AWS_DEFAULT_REGION: region,
  };
  const aws = { endpoint, region, bucket, environment, folder };
  aws.log = () => readFileSync(join(folder, 'log'), 'utf8');
  aws.start = async () => {
    // LocalStack listens on all addresses despite GATEWAY_LISTEN, so another bench's LocalStack could respond here.
    const other = await fetch(`${endpoint}/_localstack/health`).catch(() => undefined);
    if (other) throw new Error(`port ${port} is in use by another LocalStack; stop it, or set OHINFRA_BENCH to a different number`);
    const log = openSync(join(folder, 'log'), 'a');
    aws.process = start(program, ['-m', 'localstack.runtime.main'], {
      stdio: ['ignore', log, log],
      // No state is kept, and a graceful shutdown can be slow.
      signal: 'KILL',
      env: {
        ...process.env, GATEWAY_LISTEN: `${host}:${port}`, LOCALSTACK_VOLUME_DIR: join(folder, 'volume'),
        XDG_CACHE_HOME: join(program, '../../cache'), SKIP_SSL_CERT_DOWNLOAD: '1', DISABLE_EVENTS: '1', DNS_ADDRESS: '0',
      },
    });
    closeSync(log);
    const failed = () => (aws.process.exitCode === null ? undefined : aws.log().slice(-2000));
    await waitFor('LocalStack', async () => (await fetch(`${endpoint}/_localstack/health`)).ok, { seconds: 90, failed });
  };
  /** Suspends and resumes LocalStack to simulate an AWS outage. Its data stays in memory. */
  aws.suspend = () => process.kill(aws.process.pid, 'SIGSTOP');
  aws.continue = () => process.kill(aws.process.pid, 'SIGCONT');
  /** Runs a Python script with boto3 for LocalStack. */
  aws.run = (text, ...args) => run(program, ['-c', text, ...args], { env: { ...process.env, ...environment } });
  aws.secret = async (name) => (await aws.run('import boto3, sys; print(boto3.client("secretsmanager").get_secret_value(SecretId=sys.argv[1])["SecretString"])', name)).trimEnd();
  aws.stop = async () => {
    if (aws.process?.exitCode === null) {
      await end(aws.process.pid, { signal: 'SIGKILL' });
    }
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await aws.start();
    aws.keyId = (await aws.run(SETUP, region, bucket, JSON.stringify(secrets))).trim();
  } catch (error) {
    await aws.stop();
    throw error;
  }
  return aws;
}
