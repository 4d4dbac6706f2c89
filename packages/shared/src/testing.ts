import type { Static, TSchema } from 'typebox';
import { Value } from 'typebox/value';
import type { Clock } from './clock.ts';
import type { Claim } from './engine/consumer.ts';
import type { NewJob } from './engine/submitter.ts';
import { type MemoryEngine, type MemoryOptions, memoryEngine } from './engines/memory/engine.ts';
import { ProdworkError } from './errors.ts';
import type { FileStore } from './files/file-store.ts';
import { jobFiles } from './files/job-files.ts';
import { memoryFiles } from './files/memory-store.ts';
import { backoffDelayMs } from './job/backoff.ts';
import type { JobDefinition } from './job/define-job.ts';
import { type JobHandler, PermanentError, type RunContext } from './job/handle.ts';
import type { Job } from './job/job.ts';
import type { Outcome } from './job/outcome.ts';
import { createLog } from './log.ts';

/** A clock that stands until it is told to go on. */
export interface HeldClock extends Clock {
  advance(ms: number): void;
}

/** @param startAt epoch ms. */
export function heldClock(startAt = 1_700_000_000_000): HeldClock {
  let now = startAt;
  return {
    now: () => now,
    advance(ms) {
      now += ms;
    },
  };
}

/** Any handler: which payload it takes is checked by its own schema. */
export type AnyHandler = Pick<JobHandler, 'definition'> & {
  readonly run: (payload: never, context: RunContext) => unknown;
  readonly verify?: (result: never, context: RunContext) => unknown;
};

export interface TestQueue {
  readonly engine: MemoryEngine;
  readonly clock: HeldClock;
  /** Put the files there that payloads shall name; what handlers write is found there. */
  readonly files: FileStore;
  /** Submits a job of a type, as a producer would. The payload must fit the schema. */
  submit<Input extends TSchema>(
    definition: JobDefinition<Input>,
    payload: Static<Input>,
    options?: Partial<Pick<NewJob, 'priority' | 'maxAttempts' | 'delayMs' | 'id' | 'idempotencyKey'>>,
  ): Promise<Job>;
  /** Runs what is due, one job after the other, until nothing is. */
  runDue(): Promise<void>;
  /** As `runDue`, and lets time pass to each next due time (a retry, a delay) until every job has ended. */
  runToCompletion(): Promise<void>;
  job(id: string): Promise<Job>;
  close(): Promise<void>;
}

const QUEUE = 'test';
/** A handler that is retried for ever would hold the test for ever. */
const JUMPS_MAX = 1_000;

/**
 * A queue with one worker for unit tests of handlers: no Redis, no timers, no waiting. Handlers run in the test itself, so
 * a deadline is not kept; everything else (payload checks, retries with their backoff, dead jobs, `verify`) is as in the
 * real worker.
 */
export async function testQueue(
  handlers: readonly AnyHandler[],
  options: Omit<MemoryOptions, 'clock'> = {},
): Promise<TestQueue> {
  const clock = heldClock();
  const engine = memoryEngine({ ...options, clock });
  const files = memoryFiles({ clock });
  const byType = new Map(handlers.map((handler) => [handler.definition.type, handler]));
  const claims: Claim[] = [];
  const submitter = engine.submitter();
  const inspector = engine.inspector();
  const consumer = engine.consumer({
    options: {
      name: 'test',
      incarnation: 'test-1',
      host: 'test',
      pid: process.pid,
      version: '0',
      queue: QUEUE,
      slots: 1,
      types: handlers.map(({ definition: { type, delivery } }) => ({ type, delivery })),
    },
    events: { onClaims: (given) => claims.push(...given), onCancel: () => {}, onLost: () => {}, onFatal: () => {} },
    vitals: () => ({ state: 'running', rssBytes: 0, memoryLimitBytes: 0, loopLagMs: 0 }),
  });
  await submitter.start();
  await consumer.start();

  const runDue = async (): Promise<void> => {
    engine.tick();
    for (let claim = claims.shift(); claim; claim = claims.shift()) {
      const handler = byType.get(claim.type);
      if (handler) await consumer.settle(claim, await outcomeOf(handler, claim, files));
      engine.tick();
    }
  };
  const nextDueAt = async (): Promise<number | undefined> => {
    const { jobs } = await inspector.list({ queue: QUEUE, state: 'scheduled', limit: 200 });
    return jobs.reduce<number | undefined>((least, { runAt = 0 }) => Math.min(least ?? runAt, runAt), undefined);
  };

  return {
    engine,
    clock,
    files,
    runDue,
    async submit(definition, payload, asked = {}) {
      if (!Value.Check(definition.input, payload)) {
        throw new ProdworkError('INVALID_PAYLOAD', `the payload does not fit the type ${definition.type}`);
      }
      const submitted = await submitter.submit({
        queue: QUEUE,
        type: definition.type,
        payloadJson: JSON.stringify(payload),
        priority: 'normal',
        maxAttempts: definition.maxAttempts,
        delivery: definition.delivery,
        ...asked,
      });
      if (submitted.outcome === 'conflict') throw new ProdworkError('IDEMPOTENCY_CONFLICT');
      return submitted.job;
    },
    async runToCompletion() {
      for (let jump = 0; jump < JUMPS_MAX; jump += 1) {
        await runDue();
        const dueAt = await nextDueAt();
        if (dueAt === undefined) return;
        clock.advance(Math.max(0, dueAt - clock.now()));
      }
      throw new Error(`jobs are still being scheduled after ${JUMPS_MAX} jumps in time`);
    },
    async job(id) {
      const job = await inspector.job(id, QUEUE);
      if (!job) throw new ProdworkError('NOT_FOUND', `no job ${id}`);
      return job;
    },
    async close() {
      await consumer.stop();
      await submitter.stop();
      await engine.close();
    },
  };
}

const log = createLog({ name: 'test', level: 'silent', format: 'json' });

async function outcomeOf(handler: AnyHandler, claim: Claim, store: FileStore): Promise<Outcome> {
  const { definition } = handler;
  const idempotencyKey = `${claim.id}:${claim.generation}`;
  const context: RunContext = {
    job: claim,
    signal: new AbortController().signal,
    progress: () => {},
    log,
    fence: claim.fence,
    files: jobFiles({ store, keepMs: 24 * 3600 * 1000, idempotencyKey }),
    idempotencyKey,
  };
  try {
    // The schemas of the definition stand for the types: a payload that does not fit was refused at submit.
    const result = (await handler.run(JSON.parse(claim.payloadJson) as never, context)) ?? null;
    if (definition.output && !Value.Check(definition.output, result)) {
      throw new ProdworkError('INVALID_RESULT', 'the result does not fit the type');
    }
    const evidence = await verified(handler, result, context);
    const note = handler.verify ? { verified: { at: Date.now(), evidence: evidence ?? null } } : {};
    return { kind: 'complete', resultJson: JSON.stringify(result), ...note };
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    const error = { code: thrown instanceof ProdworkError ? thrown.code : 'HANDLER_FAILED', message };
    if (thrown instanceof PermanentError || claim.attempt >= claim.maxAttempts) return { kind: 'bury', error };
    return { kind: 'retry', error, delayMs: backoffDelayMs(definition.backoff, claim.attempt) };
  }
}

async function verified(handler: AnyHandler, result: unknown, context: RunContext): Promise<unknown> {
  try {
    return await handler.verify?.(result as never, context);
  } catch (thrown) {
    throw new ProdworkError('VERIFY_FAILED', thrown instanceof Error ? thrown.message : String(thrown));
  }
}
