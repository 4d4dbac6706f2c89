import { readFileSync } from 'node:fs';
import { engineOptions } from 'prodwork/config/engine';
import type { Engine } from 'prodwork/engine/engine';
import { openEngine } from 'prodwork/engines/open';
import { isProdworkError, ProdworkError } from 'prodwork/errors';
import { jobFiles } from 'prodwork/files/job-files';
import { RedisFiles } from 'prodwork/files/redis-store';
import type { JobFiles } from 'prodwork/job/handle';
import { createLog, type Log } from 'prodwork/log';
import { EXIT, exitWith, run } from 'prodwork/process';
import type { Service } from 'prodwork/service';
import { type Archiving, createArchiving } from './archiving.ts';
import { readWorkerConfig, type WorkerConfig } from './config.ts';
import { HealthServer } from './health.ts';
import { messageOf } from './runtime/failure.ts';
import { isolateIn } from './runtime/isolate.ts';
import { isIsolatedChild, serveIsolatedJob } from './runtime/isolated-child.ts';
import { type AnyHandler, type ServedType, serveTypes } from './runtime/job-type.ts';
import { type Ledger, noLedger, openLedger } from './runtime/ledger.ts';
import { createMetrics } from './runtime/metrics.ts';
import { STOP_OVERHEAD_MS, WorkerRuntime } from './runtime/worker.ts';

export interface RunWorkerOptions {
  /** What `handle(...)` gave, one per job type. */
  readonly handlers: readonly AnyHandler[];
}

/**
 * Runs this process as a worker, configured by its environment, until SIGTERM or SIGINT. A project with job types of
 * its own calls it from its main file:
 *
 *     import { runWorker } from '@prodwork/worker/run-worker';
 *     await runWorker({ handlers: [invoice, reminder] });
 *
 * The main file is loaded again in the child process in which a suspect job is run alone, so it should do nothing else.
 * Exits 78 when the environment or the handlers have faults, all of them listed.
 */
export async function runWorker({ handlers }: RunWorkerOptions): Promise<void> {
  if (isIsolatedChild()) {
    return serveIsolatedJob(handlers, openFiles(readWorkerConfig(handlers.map(typeOf))).filesOf);
  }
  const ready = await prepare(handlers).catch((error: unknown): never => {
    if (!isProdworkError(error)) throw error;
    return exitWith(EXIT.config, error.message);
  });
  await run(ready);
}

async function prepare(handlers: readonly AnyHandler[]): Promise<Parameters<typeof run>[0]> {
  const config = readWorkerConfig(handlers.map(typeOf));
  const served = serveTypes(handlers, config.types);
  if (served.size === 0) throw new ProdworkError('PRODWORK_JOB_DEFINITION', 'a worker needs one handler at least');
  const logging = { level: config.logLevel, format: config.logFormat };
  const log = createLog({ name: 'worker', ...logging }).child({ workerId: config.name });
  const engine = await openEngine(config.engine, engineOptions(config, log));
  refuseUnsupported(engine, served);
  const archiving = createArchiving(engine, config.queue, log);
  const metrics = createMetrics([...served.keys()]);
  if (archiving) metrics.watchHistory(() => archiving.archiver.status());
  const { name, queue, slots, drainMs, graceMs, watchdogMs, restarts, lastDeath } = config;
  const ledger = ledgerOf(config, log);
  const files = openFiles(config);
  const worker = new WorkerRuntime({
    ...{ name, queue, slots, drainMs, graceMs, watchdogMs, restarts, lastDeath },
    ...{ served, log, metrics, ledger },
    version: version(),
    consumer: (context) => engine.consumer(context),
    files: files.filesOf,
    isolate: isolateIn({ entry: process.argv[1] ?? '', worker: name, logging }),
  });
  const health = new HealthServer({
    host: config.host,
    port: config.port,
    worker,
    metrics,
    engineHealth: () => engine.health(),
  });
  const service = compose({ config, log, engine, health, worker, archiving, files: files.store });
  return { log, service, failed: worker.failed, stopWithinMs: drainMs + STOP_OVERHEAD_MS };
}

interface Parts {
  readonly config: WorkerConfig;
  readonly log: Log;
  readonly engine: Engine;
  readonly health: HealthServer;
  readonly worker: WorkerRuntime;
  readonly archiving: Archiving | undefined;
  readonly files: Service;
}

/** The parts in the order in which they come and go: probes are answered while the worker still waits for Redis. */
function compose({ config, log, engine, health, worker, archiving, files }: Parts): Service {
  return {
    async start() {
      await health.start();
      const { slots, types, queue } = config;
      log.info({ slots, types, queue, engine: engine.name, healthPort: health.port }, `worker ${config.name} starting`);
      await lookAtRedis(engine, log);
      await archiving?.start();
      await worker.start();
    },
    async stop() {
      await worker.stop();
      await files.stop();
      await archiving?.stop();
      await engine.close();
      await health.stop();
    },
  };
}

/** Files lie in the same Redis as the jobs; nothing connects before a handler asks for one. */
function openFiles({ redisUrl, prefix, filesBytes, filesKeepMs }: WorkerConfig): {
  readonly store: RedisFiles;
  readonly filesOf: (idempotencyKey: string) => JobFiles;
} {
  const store = new RedisFiles({ redisUrl, prefix, quotaBytes: filesBytes });
  return { store, filesOf: (idempotencyKey) => jobFiles({ store, keepMs: filesKeepMs, idempotencyKey }) };
}

/** A Redis that is away is waited for; one that would lose jobs is refused. */
async function lookAtRedis(engine: Engine, log: Log): Promise<void> {
  const { problems, warnings, refusal } = await engine.health();
  if (refusal !== undefined) throw new ProdworkError('PRODWORK_REDIS_UNSAFE', refusal);
  for (const problem of problems) log.error({ problem }, 'not ready');
  for (const warning of warnings) log.warn({ warning }, 'heed');
}

function ledgerOf({ ledgerFile, name }: WorkerConfig, log: Log): Ledger {
  if (ledgerFile === '') return noLedger;
  try {
    return openLedger(ledgerFile, name, (err) => log.error({ err }, 'ledger line not written'));
  } catch (error) {
    throw new ProdworkError('PRODWORK_CONFIG_INVALID', `WORKER_LEDGER_FILE: ${messageOf(error)}`);
  }
}

function refuseUnsupported({ name, promises }: Engine, served: ReadonlyMap<string, ServedType>): void {
  const refused = [...served.values()].filter(
    ({ definition }) => definition.delivery === 'at-most-once' && !promises.atMostOnceTypes,
  );
  if (refused.length === 0) return;
  const types = refused.map(({ definition }) => definition.type).join(', ');
  throw new ProdworkError('PRODWORK_ENGINE_UNSUPPORTED', `the ${name} engine has no at-most-once types: ${types}`);
}

const typeOf = ({ definition }: AnyHandler): string => definition.type;

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const found =
    typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : undefined;
  return typeof found === 'string' ? found : '0.0.0';
}
