/** `npm start`: the whole stack on this machine without Docker. */
import { relative } from 'node:path';
import { ROOT } from './checks/tools.ts';
import { LinePrefix } from './line-prefix.ts';
import { OptionError, parseOptions, type StartOptions, USAGE } from './options.ts';
import { PortError, requireFreePort } from './ports.ts';
import { debianBins, findPostgres, NoPostgresError } from './postgres/find.ts';
import { untilReady } from './ready.ts';
import { findRedis, NoRedisError, type RedisSource } from './redis/find.ts';
import { machineProbes } from './redis/probes.ts';
import { AlreadyRunningError, RunNotes } from './run-notes.ts';
import { Stack } from './stack.ts';
import { onStopSignals } from './stop-signals.ts';
import { describeDeath } from './supervised.ts';

/** Beyond the process's own drain: the time for its last settle and its exit. */
const AFTER_DRAIN_MS = 10_000;
const millis = (text: string | undefined, fallback: number): number =>
  text && /^\d+$/.test(text) ? Number(text) : fallback;

async function main(options: StartOptions, env: NodeJS.ProcessEnv): Promise<number> {
  const startedAt = Date.now();
  const names = Array.from({ length: options.workers }, (_, index) => `worker-${index + 1}`);
  const lines = new LinePrefix(process.stdout, process.stdout.isTTY === true, [
    'prodwork',
    'redis',
    'producer',
    ...(options.noteboardPort || options.hasHistory ? ['postgres', 'noteboard'] : []),
    ...names,
  ]);
  const say = (text: string): void => lines.line('prodwork', text);
  const url = `http://localhost:${options.port}`;

  const notes = new RunNotes(options.dataDir, say);
  await notes.takeOver(url);

  const ending = new AbortController();
  let exitCode = 0;
  const end = (why: string, code: number): void => {
    if (ending.signal.aborted) return;
    say(why);
    exitCode = code;
    ending.abort();
  };
  const stack = new Stack({
    env,
    dataDir: options.dataDir,
    lines,
    notes,
    workersStopWithinMs:
      millis(env.WORKER_DRAIN_MS, 20_000) + millis(env.WORKER_ABORT_GRACE_MS, 5_000) + AFTER_DRAIN_MS,
    producerStopWithinMs: millis(env.PRODUCER_DRAIN_MS, 8_000) + AFTER_DRAIN_MS,
    onFinal: (name, death) =>
      end(`${name} ${describeDeath(death)}; starting it again would not help, stopping`, death.code ?? 1),
  });
  onStopSignals(
    (signal) => end(`${signal}: draining, workers first (again to stop at once)`, 0),
    () => {
      stack.kill();
      notes.release();
      process.exit(130);
    },
  );
  // Whoever read our output has gone (`npm start | head`).
  process.stdout.on('error', () => end('', 0));

  try {
    await requireFreePort(options.port);
    if (options.noteboardPort)
      await requireFreePort(options.noteboardPort, 'NOTEBOARD_PORT=5101 npm start -- --noteboard');
    const source = await findRedis(env.REDIS_URL, machineProbes(env, say));
    stack.startWatchdog();
    say(`starting ${describeSource(source, options)}`);
    const redisUrl = source.kind === 'url' ? source.url : await stack.startRedis(source, ending.signal);
    const shown = { ...env, LOG_FORMAT: env.LOG_FORMAT || 'pretty' };
    const databaseUrl = await noteboardAndHistory(options, shown, stack, say);
    const childEnv = { ...shown, REDIS_URL: redisUrl, ...(databaseUrl && { DATABASE_URL: databaseUrl }) };
    if (!ending.signal.aborted) {
      say(`starting the producer on port ${options.port} and ${names.length} worker${names.length === 1 ? '' : 's'}`);
      stack.startProducer({
        ...childEnv,
        PRODUCER_PORT: String(options.port),
        PRODUCER_HOST: env.PRODUCER_HOST || '127.0.0.1',
      });
      stack.startWorkers(options.workers, { ...childEnv, WORKER_SLOTS: env.WORKER_SLOTS || '2', WORKER_PORT: '0' });
      await untilReady(localUrl(env.PRODUCER_HOST, options.port), say, ending.signal);
      for (const line of welcome(url, stack.workerPids(), redisUrl, Date.now() - startedAt)) say(line);
    }
    await aborted(ending.signal);
  } catch (error) {
    if (!ending.signal.aborted) throw error;
  } finally {
    await stack.stop();
    notes.release();
  }
  say('stopped; what waited is kept for the next start');
  return exitCode;
}

/** @returns what producer and workers keep their history in, when they are asked to and the environment does not say. */
async function noteboardAndHistory(
  { noteboardPort, hasHistory }: StartOptions,
  env: NodeJS.ProcessEnv,
  stack: Stack,
  say: (text: string) => void,
): Promise<string | undefined> {
  if (noteboardPort === undefined && hasHistory !== true) return undefined;
  const source = await findPostgres(env.DATABASE_URL, { ...machineProbes(env, say), debianBins });
  const { url, dir } = source.kind === 'url' ? { ...source, dir: undefined } : await stack.startPostgres(source);
  const title = source.kind === 'binary' ? `a private ${source.title}` : source.kind === 'docker' ? source.image : '';
  say(dir === undefined ? 'with the Postgres of DATABASE_URL' : `starting ${title}, data in ${dir}`);
  if (noteboardPort !== undefined) {
    stack.startNoteboard({ ...env, DATABASE_URL: url, NOTEBOARD_PORT: String(noteboardPort) });
    say(`noteboard: http://localhost:${noteboardPort}`);
  }
  return hasHistory ? url : undefined;
}

function welcome(
  url: string,
  workers: readonly { name: string; pid: number }[],
  redisUrl: string,
  tookMs: number,
): string[] {
  const pids = workers.map(({ name, pid }) => `${name} ${pid}`).join(', ');
  return [
    `ready after ${(tookMs / 1_000).toFixed(1)} s:  ${url}`,
    `worker pids: ${pids}. Kill one and watch its job start again: kill -9 ${workers[0]?.pid ?? '<pid>'}`,
    `Redis: ${withoutSecrets(redisUrl)}. Stop with Ctrl-C.`,
  ];
}

/** Where this machine reaches the producer: it may be bound to one address alone. */
function localUrl(host: string | undefined, port: number): string {
  const reachable = host === undefined || /^(|0\.0\.0\.0|::|localhost)$/.test(host) ? '127.0.0.1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

function describeSource(source: RedisSource, options: StartOptions): string {
  if (source.kind === 'url') return `with the Redis of REDIS_URL (${withoutSecrets(source.url)})`;
  const title = source.kind === 'docker' ? `${source.image} in Docker` : `a private ${source.title}`;
  const folder = relative(ROOT, options.dataDir);
  return `${title}, data in ${folder.startsWith('..') ? options.dataDir : folder || '.'}/redis`;
}

function withoutSecrets(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//***@');
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

const EXPECTED = [OptionError, PortError, NoRedisError, NoPostgresError, AlreadyRunningError];

try {
  const options = parseOptions(process.argv.slice(2), process.env, ROOT);
  if (options === 'help') process.stdout.write(`${USAGE}\n`);
  else process.exit(await main(options, process.env));
} catch (error) {
  const isExpected = EXPECTED.some((kind) => error instanceof kind);
  process.stderr.write(
    `prodwork: ${isExpected && error instanceof Error ? error.message : error instanceof Error ? error.stack : error}\n`,
  );
  process.exit(error instanceof OptionError ? 64 : 1);
}
