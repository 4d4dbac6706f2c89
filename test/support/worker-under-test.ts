import { fileURLToPath } from 'node:url';
import { isolateIn } from '@prodwork/worker/runtime/isolate';
import { type AnyHandler, serveTypes } from '@prodwork/worker/runtime/job-type';
import { createMetrics, type Metrics } from '@prodwork/worker/runtime/metrics';
import { type WorkerOptions, WorkerRuntime } from '@prodwork/worker/runtime/worker';
import type { FileStore } from 'prodwork/files/file-store';
import { jobFiles } from 'prodwork/files/job-files';
import { memoryFiles } from 'prodwork/files/memory-store';
import { createLog } from 'prodwork/log';
import { FakeConsumer } from './fake-consumer.ts';

export const silentLog = createLog({ name: 'test', level: 'silent', format: 'json' });

export interface WorkerUnderTest {
  readonly worker: WorkerRuntime;
  readonly consumer: FakeConsumer;
  readonly metrics: Metrics;
  readonly files: FileStore;
}

/** A started worker with these handlers, on a consumer that the test holds in its hand. */
export async function workerWith(
  handlers: readonly AnyHandler[],
  options: Partial<WorkerOptions> = {},
): Promise<WorkerUnderTest> {
  const made = makeWorker(handlers, options);
  await made.worker.start();
  return made;
}

/** As `workerWith`, not yet started. */
export function makeWorker(handlers: readonly AnyHandler[], options: Partial<WorkerOptions> = {}): WorkerUnderTest {
  const types = handlers.map(({ definition }) => definition.type);
  const metrics = createMetrics(types);
  const store = memoryFiles();
  const held: FakeConsumer[] = [];
  const worker = new WorkerRuntime({
    consumer: (context) => {
      const made = new FakeConsumer(context);
      held.push(made);
      return made;
    },
    served: serveTypes(handlers, types),
    name: 'worker-1',
    queue: 'default',
    version: '0.0.0',
    slots: 2,
    drainMs: 10_000,
    graceMs: 5_000,
    watchdogMs: 25_000,
    log: silentLog,
    metrics,
    files: (idempotencyKey) => jobFiles({ store, keepMs: 3_600_000, idempotencyKey }),
    isolate: isolateIn({
      entry: fileURLToPath(new URL('./suspect-main.ts', import.meta.url)),
      worker: 'worker-1',
      logging: { level: 'silent', format: 'json' },
      execArgv: ['--conditions=source'],
    }),
    ...options,
  });
  const [consumer] = held;
  if (consumer === undefined) throw new Error('the worker made no consumer');
  return { worker, consumer, metrics, files: store };
}
