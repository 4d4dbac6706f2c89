import { runWorker } from '@prodwork/worker/run-worker';
import { engineOptions, engineSettings } from 'prodwork/config/engine';
import { readEnv } from 'prodwork/config/env';
import type { Engine, EngineName } from 'prodwork/engine/engine';
import { PROMISES } from 'prodwork/engine/promises';
import type { NewJob } from 'prodwork/engine/submitter';
import { openEngine } from 'prodwork/engines/open';
import { handle } from 'prodwork/job/handle';
import { createLog } from 'prodwork/log';
import { benchJob, QUEUE } from './prodwork-job.ts';
import type { AddOptions, Payload, System, WorkOptions } from './system.ts';

/**
 * prodwork as its users have it: the submitter port on one side, on the other the whole worker (runtime, health server,
 * metrics, log), every setting at its default but the engine, the address of Redis and the number of slots.
 */
export function prodwork(engineName: EngineName): System {
  return {
    async produce(redisUrl) {
      const engine = await open(engineName, redisUrl);
      const submitter = engine.submitter();
      await submitter.start();
      const add = (payload: Payload, options: AddOptions = {}): Promise<unknown> =>
        submitter.submit(newJob(payload, options, engineName));
      return {
        add,
        addBulk: (payloads, options) => Promise.all(payloads.map((payload) => add(payload, options))),
        async close() {
          await submitter.stop();
          await engine.close();
        },
      };
    },
    async work({ redisUrl, name, concurrency, run }: WorkOptions) {
      const settings = settingsFor(engineName, redisUrl);
      Object.assign(process.env, settings, {
        WORKER_NAME: name,
        WORKER_SLOTS: String(concurrency),
        WORKER_PORT: '0',
      });
      await runWorker({ handlers: [handle(benchJob, { run })] });
    },
    async census(redisUrl) {
      const engine = await open(engineName, redisUrl);
      const inspector = engine.inspector();
      try {
        await inspector.start();
        const { counts } = await inspector.queue(QUEUE);
        const { waiting, scheduled, blocked, active, dead, cancelled, abandoned } = counts;
        return {
          unfinished: waiting + scheduled + blocked + active,
          active,
          failed: dead + cancelled + abandoned,
        };
      } finally {
        await inspector.stop();
        await engine.close();
      }
    },
  };
}

const settingsFor = (engine: EngineName, redisUrl: string): Readonly<Record<string, string>> => ({
  QUEUE_ENGINE: engine,
  REDIS_URL: redisUrl,
  // The cap is a million by default; the growth curves go further.
  QUEUE_BACKLOG_MAX: '100000000',
});

/** The engine with the settings that a process of prodwork would read. */
export function open(engine: EngineName, redisUrl: string): Promise<Engine> {
  const config = readEnv(engineSettings, settingsFor(engine, redisUrl), [], () => '');
  return openEngine(engine, engineOptions(config, createLog({ name: 'bench', level: 'error', format: 'json' })));
}

export function newJob(
  payload: Payload,
  { priority = 'normal', runAt, queue = QUEUE }: AddOptions,
  engine: EngineName,
): NewJob {
  const { type, delivery } = benchJob;
  // An engine without retries refuses a job that asks for them.
  const maxAttempts = PROMISES[engine].retries ? benchJob.maxAttempts : 1;
  return {
    queue,
    type,
    payloadJson: JSON.stringify(payload),
    priority,
    maxAttempts,
    delivery,
    ...(runAt === undefined ? {} : { runAt }),
  };
}
