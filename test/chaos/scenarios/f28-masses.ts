import { setTimeout as wait } from 'node:timers/promises';
import type { NewJob, Submitter } from 'prodwork/engine/submitter';
import { scripts } from '../../../packages/shared/src/engines/lease/scripts.ts';
import type { Scenario, Stage } from '../stage.ts';
import { InProcessWorker } from '../world/in-process-worker.ts';

const QUEUE = 'masses';
const WAITING = 1_000_000;
const WAITING_QUICK = 100_000;
/** A run with less time than this fills less. */
const WHOLE_MS = 180_000;
const AT_ONCE = 2_000;
const HOLDERS = 40;
const SLOTS = 250;
const CLAIMS = 3_000;
/** The lowest of so many rounds counts: what else the machine does only ever adds. */
const ROUNDS = 5;
const LARGE = 200;
const LARGE_BYTES = 256 * 1024 - 100;
const SLOW_MICROS = 5_000;

/** In a queue of its own: the steady load of the other one goes on, and is judged as ever. */
export const masses: Scenario = {
  id: 'F28',
  title: '1,000,000 waiting; 10,000 active; payloads of 256 KiB',
  world: { ratePerSecond: 10 },
  async run(stage) {
    const { world } = stage;
    const { admin } = world.redis;
    const submitter = world.engine.submitter();
    await submitter.start();
    if (!world.redis.takePrecedence()) {
      stage.remark('real-time priority is not permitted: calls are timed with what else the machine does');
    }
    try {
      await admin.config('SET', 'slowlog-log-slower-than', SLOW_MICROS, 'slowlog-max-len', '1024');
      await fill(submitter, CLAIMS * (ROUNDS + 1), '{}');
      const empty = await claims(stage, 'claimer-1');
      const waiting = stage.budgetMs >= WHOLE_MS ? WAITING : WAITING_QUICK;
      stage.fault('F28', `${waiting.toLocaleString('en')} jobs put into a queue of their own`);
      await fill(submitter, waiting, '{}');
      await admin.slowlog('RESET');
      const full = await claims(stage, 'claimer-2');
      compare(stage, empty, full, waiting);
      await holdMany(stage);
      await largeOnes(stage, submitter);
      await slowCalls(stage);
    } finally {
      await submitter.stop();
    }
  },
};

async function fill(
  submitter: Submitter,
  count: number,
  payloadJson: string,
  more: Partial<NewJob> = {},
): Promise<void> {
  const job: NewJob = {
    ...{ queue: QUEUE, type: 'work', payloadJson, priority: 'normal', maxAttempts: 3, delivery: 'at-least-once' },
    ...more,
  };
  for (let at = 0; at < count; at += AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - at) }, () => submitter.submit(job)));
  }
}

interface Micros {
  readonly p50: number;
  readonly p99: number;
}

/** Redis's own account of its script calls while one worker claims and settles. */
async function claims({ world }: Stage, name: string): Promise<Micros> {
  const { admin } = world.redis;
  const worker = new InProcessWorker(world.engine, QUEUE, name, 4);
  await worker.start();
  const rounds: Micros[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await admin.config('RESETSTAT');
    await worker.complete(CLAIMS);
    const stats = await admin.info('latencystats');
    const percentile = (which: string): number =>
      Number(new RegExp(`^latency_percentiles_usec_evalsha:.*${which}=([\\d.]+)`, 'm').exec(stats)?.[1] ?? Number.NaN);
    rounds.push({ p50: percentile('p50'), p99: percentile('p99') });
  }
  await worker.stop();
  return { p50: Math.min(...rounds.map(({ p50 }) => p50)), p99: Math.min(...rounds.map(({ p99 }) => p99)) };
}

function compare(stage: Stage, empty: Micros, full: Micros, waiting: number): void {
  const most = empty.p99 * 2;
  stage.check(
    `script call that claims and settles, p99, with ${waiting.toLocaleString('en')} waiting`,
    full.p99 <= most,
    `${full.p99} µs (p50 ${full.p50} µs)`,
    `at most twice that of a queue nearly empty: ${empty.p99} µs (p50 ${empty.p50} µs)`,
  );
}

/** Ten thousand in hand; then one of their workers is gone without a word, and only its own are taken back. */
async function holdMany(stage: Stage): Promise<void> {
  const { world } = stage;
  const holders = Array.from(
    { length: HOLDERS },
    (_, at) => new InProcessWorker(world.engine, QUEUE, `holder-${at}`, SLOTS),
  );
  await Promise.all(holders.map((holder) => holder.start()));
  const held = (): number => holders.reduce((sum, holder) => sum + holder.held.length, 0);
  const took = await stage.timeUntil(Date.now(), 60_000, () => held() === HOLDERS * SLOTS);
  stage.check('in hand at once', took !== undefined, held(), (HOLDERS * SLOTS).toLocaleString('en'));
  // Long enough for the leases to be renewed several times over.
  await wait(12_000);
  const { counts } = await world.inspector.queue(QUEUE);
  stage.check('active after their leases were renewed', counts.active >= HOLDERS * SLOTS, counts.active, 'all of them');
  const fault = stage.fault('F28', `a worker with ${SLOTS} jobs in hand leaves`);
  await holders[0]?.stop();
  const after = await world.inspector.queue(QUEUE);
  fault.until = Date.now();
  const left = counts.active - after.counts.active;
  stage.check('taken back from it alone', left === SLOTS, left, String(SLOTS));
  await Promise.all(holders.slice(1).map((holder) => holder.stop()));
}

async function largeOnes(stage: Stage, submitter: Submitter): Promise<void> {
  const payloadJson = JSON.stringify({ pad: 'x'.repeat(LARGE_BYTES) });
  stage.fault('F28', `${LARGE} jobs of 256 KiB each`);
  for (let at = 0; at < LARGE; at += 20) await fill(submitter, 20, payloadJson, { queue: 'large' });
  const worker = new InProcessWorker(stage.world.engine, 'large', 'large-1', 10);
  await worker.start();
  const startedAt = Date.now();
  await worker.complete(LARGE);
  stage.remark(`${LARGE} jobs of 256 KiB claimed and settled in ${Date.now() - startedAt} ms`);
  await worker.stop();
}

/** Calls above the bound without what the kernel made Redis wait for a processor in the second that they ended in. */
async function slowCalls(stage: Stage): Promise<void> {
  const { redis, processors } = stage.world;
  processors.look();
  const entries: unknown = await redis.admin.slowlog('GET', 1_024);
  const rows: readonly unknown[] = Array.isArray(entries) ? entries : [];
  const slow = new Map<string, number[]>();
  const waitedIn = new Map<number, number>();
  let waiting = 0;
  for (const row of rows) {
    if (!Array.isArray(row)) continue;
    const [, second, micros, words]: readonly unknown[] = row;
    if (!Array.isArray(words) || !/^evalsha$/i.test(String(words[0]))) continue;
    const at = Number(second);
    const from = at * 1_000 - Number(micros) / 1_000;
    const waited = waitedIn.get(at) ?? processors.waitedBy(redis.pid, from, at * 1_000 + 1_000) * 1_000;
    const over = Number(micros) - SLOW_MICROS;
    if (over <= waited) {
      // What one call waited is not another's, too.
      waitedIn.set(at, waited - over);
      waiting++;
      continue;
    }
    const name = Object.values(scripts).find(({ sha }) => sha === words[1])?.name ?? 'another script';
    slow.set(name, [...(slow.get(name) ?? []), Number(micros)]);
  }
  const told = [...slow].map(([name, each]) => `${name} ${each.length} (slowest ${Math.max(...each)} µs)`);
  const others = waiting > 0 ? `; ${waiting} more with their wait for a processor` : '';
  stage.check('script calls above 5 ms', slow.size === 0, `${told.join(', ') || '0'}${others}`, '0');
}
