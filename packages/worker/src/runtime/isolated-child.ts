import { writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { ERRORS, type ErrorCode, ProdworkError } from 'prodwork/errors';
import type { JobFiles, RunContext } from 'prodwork/job/handle';
import { createLog } from 'prodwork/log';
import { EXIT, exitWith } from 'prodwork/process';
import { failure, failureOf } from './failure.ts';
import { ISOLATED_FLAG, type ToChild, type ToParent } from './isolate-wire.ts';
import type { AnyHandler } from './job-type.ts';

/** A thread of its own, because the job may block this process for good: when the worker is gone, so is the child. */
const GUARD = `
  const parent = process.ppid;
  setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL'); }, 250);
`;

/** True in the process that a worker has made to run one suspect job. */
export const isIsolatedChild = (): boolean => process.send !== undefined && process.argv.includes(ISOLATED_FLAG);

/**
 * Runs the one job that the worker sends, and answers. The process ends when the worker closes the channel.
 * @param files the files of that job, by its idempotency key.
 */
export function serveIsolatedJob(handlers: readonly AnyHandler[], files: (idempotencyKey: string) => JobFiles): void {
  new Worker(GUARD, { eval: true, execArgv: [] }).unref();
  offerToTheKernel();
  const abort = new AbortController();
  let verify: () => Promise<void> = async () => {};
  process.on('disconnect', () => exitWith(EXIT.ok, ''));
  // Our own worker is on the other end: the one cast at this edge.
  process.on('message', (raw) => {
    const message = raw as ToChild;
    switch (message.say) {
      case 'abort':
        return abort.abort(new ProdworkError(isErrorCode(message.code) ? message.code : 'JOB_CANCELLED'));
      case 'verify':
        return void verify();
      case 'run': {
        const { type, payload, worker, logging, job, fence, idempotencyKey } = message;
        const handler = handlers.find(({ definition }) => definition.type === type);
        if (handler === undefined)
          return say({ say: 'threw', failure: failure('UNKNOWN_TYPE', `no handler for ${type}`) });
        const { attempt, delivery, queue } = job;
        const log = createLog({ name: 'worker', ...logging }).child({
          workerId: worker,
          jobId: job.id,
          type,
          queue,
          attempt,
          delivery,
        });
        const progress = (value: unknown): void => say({ say: 'progress', value });
        const { signal } = abort;
        const own = files(idempotencyKey);
        const context: RunContext = { job, signal, progress, files: own, log, fence, idempotencyKey };
        let result: unknown;
        verify = () => answer('VERIFY_FAILED', () => handler.verify?.(result as never, context));
        return void answer('HANDLER_FAILED', async () => {
          result = await handler.run(payload as never, context);
          return result;
        });
      }
    }
  });
}

async function answer(fallback: ErrorCode, work: () => unknown): Promise<void> {
  let value: unknown;
  try {
    value = await work();
  } catch (error) {
    return say({ say: 'threw', failure: failureOf(error, fallback) });
  }
  try {
    const json = JSON.stringify(value);
    say(json === undefined ? { say: 'returned' } : { say: 'returned', json });
  } catch (error) {
    say({ say: 'threw', failure: failureOf(error, 'INVALID_RESULT') });
  }
}

function say(message: ToParent): void {
  try {
    process.send?.(message);
  } catch {
    // A progress value that cannot be sent is not worth the job.
  }
}

/** When memory runs out, the kernel is to take this process and not the worker beside it. */
function offerToTheKernel(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // Not Linux, or not allowed: the worker is then as likely to be taken.
  }
}

const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(ERRORS, code);
