import { setTimeout as wait } from 'node:timers/promises';
import { type FaultRecord, RECOVERY_MS, type Stage } from '../stage.ts';
import type { World } from '../world/world.ts';
import type { Planned } from './plan.ts';

/** What is going on while further faults come: kills are measured only when the contract speaks of them. */
export interface Weather {
  redisAway: number;
  slowLines: number;
  readonly impaired: Set<string>;
  /** Workers that were told to leave, with the process that was told: they take nothing more. */
  readonly leaving: Map<string, number>;
}

export const calm = (): Weather => ({ redisAway: 0, slowLines: 0, impaired: new Set(), leaving: new Map() });

/** Does one planned fault, from its beginning to its end. */
export async function inflict(stage: Stage, planned: Planned, weather: Weather): Promise<void> {
  const { world } = stage;
  const { kind, fault, lastsMs, target } = planned;
  const name = `worker-${target}`;
  const seconds = (lastsMs / 1_000).toFixed(1);
  switch (kind) {
    case 'kill-worker': {
      const kill = await world.killWorker(name, fault, isMeasured(world, weather, name));
      const record = stage.fault(fault, `kill -9 ${name} with ${kill.victims.length} jobs in hand`, kill.at);
      // For as long as the bound of a recovery is there must be somebody to recover on.
      while (kill.isMeasured && Date.now() < kill.at + RECOVERY_MS) {
        await wait(50);
        kill.isMeasured = isMeasured(world, weather, name);
      }
      if (!kill.isMeasured) record.detail += ' (not measured)';
      return;
    }
    case 'kill-all': {
      const names = world.livingWorkers();
      stage.fault(fault, `kill -9 of ${names.length} workers`);
      await Promise.all(names.map((one) => world.killWorker(one, fault, false)));
      return;
    }
    case 'drain-worker': {
      const { process: worker } = world.worker(name);
      if (worker.pid === undefined) return;
      stage.fault(fault, `SIGTERM ${name}`);
      weather.leaving.set(name, worker.pid);
      return worker.signal('SIGTERM');
    }
    case 'freeze-worker':
      return impaired(stage, planned, weather, name, `SIGSTOP ${name} for ${seconds} s`, async () => {
        const { process: worker } = world.worker(name);
        const { pid } = worker;
        worker.signal('SIGSTOP');
        await wait(lastsMs);
        if (worker.pid === pid) worker.signal('SIGCONT');
      });
    case 'block-worker':
      return blockLoop(stage, planned, weather);
    case 'cut-worker':
      return impaired(
        stage,
        planned,
        weather,
        name,
        `nothing passes between ${name} and Redis for ${seconds} s`,
        async () => {
          const { line } = world.worker(name);
          line?.set({ isSilent: true });
          await wait(lastsMs);
          line?.set({});
        },
      );
    case 'kill-redis':
    case 'restart-redis':
      return redisAway(stage, planned, weather);
    case 'flush-scripts': {
      const endAt = Date.now() + lastsMs;
      const record = stage.fault(fault, `SCRIPT FLUSH and FUNCTION FLUSH for ${seconds} s`);
      while (Date.now() < endAt) {
        await world.redis.admin.script('FLUSH').catch(() => {});
        await world.redis.admin.call('FUNCTION', 'FLUSH').catch(() => {});
        await wait(20);
      }
      record.until = Date.now();
      return;
    }
    case 'reset-lines': {
      const rounds = 1 + Math.floor(lastsMs / 1_000);
      const record = stage.fault(fault, `every connection reset, ${rounds} times`);
      for (let round = 0; round < rounds; round++) {
        for (const { line } of members(world)) line?.resetAll();
        await wait(700);
      }
      record.until = Date.now();
      return;
    }
    case 'slow-lines': {
      const record = stage.fault(fault, `every line: 200 ms each way, 1 Mbit/s, for ${seconds} s`);
      weather.slowLines++;
      const whole = members(world).filter(({ process }) => !weather.impaired.has(process.name));
      for (const { line } of whole) line?.set({ latencyMs: 200, bytesPerSecond: 125_000 });
      await wait(lastsMs);
      for (const { line, process } of whole) if (!weather.impaired.has(process.name)) line?.set({});
      weather.slowLines--;
      record.until = Date.now();
      return;
    }
    case 'kill-producer':
      stage.fault(fault, `kill -9 producer-${target}`);
      world.producer(`producer-${target}`).process.signal('SIGKILL');
  }
}

const members = (world: World) => [...world.workers.values(), ...world.producers.values()];

/** The contract: redelivery begins within 3 s, given an able worker (and a Redis to hear of it from). */
function isMeasured(world: World, weather: Weather, victim: string): boolean {
  const isLeaving = (name: string): boolean => weather.leaving.get(name) === world.worker(name).process.pid;
  const others = world.livingWorkers().filter((name) => name !== victim);
  const able = others.filter((name) => !weather.impaired.has(name) && !isLeaving(name));
  return weather.redisAway === 0 && weather.slowLines === 0 && able.length > 0;
}

async function impaired(
  stage: Stage,
  { fault }: Planned,
  weather: Weather,
  name: string,
  detail: string,
  act: () => Promise<void>,
): Promise<void> {
  const record = stage.fault(fault, detail);
  const end = stage.world.impair(name);
  weather.impaired.add(name);
  try {
    await act();
  } finally {
    weather.impaired.delete(name);
    end();
    record.until = Date.now();
  }
}

/** A job that blocks its loop is taken by whichever worker is free: that one cannot renew meanwhile. */
async function blockLoop(stage: Stage, planned: Planned, weather: Weather): Promise<void> {
  const { world } = stage;
  const { lastsMs } = planned;
  const id = await world.load.place({ type: 'harm', payload: { how: 'block', ms: lastsMs } }).catch(() => undefined);
  if (id === undefined) return;
  const startedMs = await stage.timeUntil(Date.now(), 20_000, () => {
    world.books.poll();
    return (world.books.jobs.get(id)?.runs.length ?? 0) > 0;
  });
  const worker = world.books.jobs.get(id)?.runs[0]?.worker;
  if (startedMs === undefined || worker === undefined) return;
  const detail = `the event loop of ${worker} blocked for ${(lastsMs / 1_000).toFixed(1)} s`;
  await impaired(stage, planned, weather, worker, detail, () => wait(lastsMs));
}

async function redisAway(stage: Stage, { kind, fault, lastsMs }: Planned, weather: Weather): Promise<void> {
  const { redis } = stage.world;
  // The schedule keeps them apart; a machine that is late does not.
  if (weather.redisAway > 0) return;
  const how = kind === 'kill-redis' ? 'killed' : 'stopped';
  const record: FaultRecord = stage.fault(fault, `Redis ${how}, back after ${(lastsMs / 1_000).toFixed(1)} s`);
  weather.redisAway++;
  try {
    await stage.endRedis(kind === 'kill-redis' ? 'SIGKILL' : 'SIGTERM');
    await wait(lastsMs);
    await redis.start();
    record.until = Date.now();
  } finally {
    weather.redisAway--;
  }
  const again = await stage.firstStartAfter(record.until, 20_000);
  if (again !== undefined) record.recoveredMs = record.until + again - record.at;
}
