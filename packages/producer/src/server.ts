import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { systemClock } from 'prodwork/clock';
import { engineOptions } from 'prodwork/config/engine';
import { readHistoryConfig } from 'prodwork/config/history';
import { openEngine } from 'prodwork/engines/open';
import { ProdworkError } from 'prodwork/errors';
import { RedisFiles } from 'prodwork/files/redis-store';
import { inspectorWithHistory } from 'prodwork/history/inspector-with-history';
import { openHistory } from 'prodwork/history/open';
import type { JobDefinition } from 'prodwork/job/define-job';
import type { Log } from 'prodwork/log';
import { onceInRedis } from 'prodwork/redis/once';
import type { Service } from 'prodwork/service';
import { buildApp } from './app.ts';
import type { ProducerConfig } from './config.ts';

/** The producer as one service: engine parts first, then the door; at a stop the door first. */
export function createServer(
  config: ProducerConfig,
  log: Log,
  jobTypes: readonly JobDefinition[],
): Service & { readonly address: () => string } {
  let stopping: Promise<void> | undefined;
  let starting: Promise<void> | undefined;
  let address = '';
  /** What has been started, newest last. */
  const stops: (() => Promise<unknown>)[] = [];

  const start = async (): Promise<void> => {
    const engine = await openEngine(config.engine, engineOptions(config, log));
    stops.push(() => engine.close());
    const historyConfig = readHistoryConfig();
    const past = historyConfig && openHistory(historyConfig, 'prodwork producer', log);
    const submitter = engine.submitter();
    const inspector = past ? inspectorWithHistory(engine.inspector(), past.history) : engine.inspector();
    const { redisUrl, prefix, filesBytes } = config;
    const files = new RedisFiles({ redisUrl, prefix, quotaBytes: filesBytes });
    for (const part of [submitter, inspector, files, ...(past ? [past.boot] : [])]) {
      stops.push(() => part.stop());
      await part.start();
    }
    const health = await engine.health();
    if (health.refusal !== undefined) throw new ProdworkError('PRODWORK_REDIS_UNSAFE', health.refusal);
    const app: FastifyInstance = await buildApp({
      config,
      log,
      clock: systemClock,
      jobTypes,
      engine,
      submitter,
      inspector,
      once: onceInRedis(config.redisUrl, config.prefix),
      files,
      history: past?.history,
    });
    stops.push(() => close(app, config.drainMs, log));
    address = await app.listen({ port: config.port, host: config.host });
    log.info({ address, engine: engine.name, replica: config.replicaName }, `producer listens on ${address}`);
    for (const problem of health.problems) log.error({ problem }, 'not ready');
    for (const warning of health.warnings) log.warn({ warning }, 'heed');
  };

  return {
    address: () => address,
    start() {
      starting ??= start();
      return starting;
    },
    stop() {
      stopping ??= (async () => {
        await starting?.catch(() => {});
        for (const stop of stops.reverse()) await stop();
      })();
      return stopping;
    },
  };
}

/** Requests in flight may finish; past `drainMs` their connections are cut. */
async function close(app: FastifyInstance, drainMs: number, log: Log): Promise<void> {
  const timer = setTimeout(() => {
    log.warn({ drainMs }, 'requests in flight are cut');
    app.server.closeAllConnections();
  }, drainMs);
  await noneAtTheDoor(app);
  app.server.close();
  await app.close();
  clearTimeout(timer);
}

/** Longest wait for such a moment, ms. */
const DOOR_MS = 1_000;

/**
 * Closing a listening socket resets the connections that wait in it to be accepted: a gateway in front has sent its
 * request on each and cannot know what became of it. So the door is shut right after a turn of the event loop that found
 * nobody there.
 */
async function noneAtTheDoor(app: FastifyInstance): Promise<void> {
  const giveUpAt = performance.now() + DOOR_MS;
  let arrived = false;
  const onConnection = (): void => {
    arrived = true;
  };
  app.server.on('connection', onConnection);
  for (let quietTurns = 0; quietTurns < 2 && performance.now() < giveUpAt; ) {
    arrived = false;
    await nextTurn();
    quietTurns = arrived ? 0 : quietTurns + 1;
  }
  app.server.off('connection', onConnection);
}
