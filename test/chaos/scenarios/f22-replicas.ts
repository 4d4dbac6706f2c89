import { setTimeout as wait } from 'node:timers/promises';
import type { Scenario, Stage } from '../stage.ts';
import { Balancer } from '../world/balancer.ts';

const KILLS = 12;
const MORE = ['producer-3', 'producer-4', 'producer-5'];

/** Answers that were none: 5xx, or nothing at all. */
const failures = ({ world }: Stage, from: number, to: number): number => {
  const { refused, unknown } = world.load.answers(from, to);
  return refused + unknown;
};

export const replicas: Scenario = {
  id: 'F22',
  title: 'web replica killed mid-POST; replicas 2, 5, 2 behind one door',
  world: { producers: 2, ratePerSecond: 60, workMs: (random) => random.between(0, 100) },
  isQuiet: true,
  async run(stage) {
    const { world } = stage;
    const door = new Balancer(() => world.producerBases());
    await door.start();
    world.front = door.base;
    world.load.start();
    try {
      await wait(2_000);
      await killThem(stage, door);
      await scaleUp(stage, door);
      await scaleDown(stage);
    } finally {
      await world.load.stop();
      await door.stop();
    }
  },
};

async function killThem(stage: Stage, door: Balancer): Promise<void> {
  const { world, random } = stage;
  const startedAt = Date.now();
  let open = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const name = `producer-${1 + (kill % 2)}`;
    const replica = door.replica(world.baseOf(name));
    // Some requests are in it: that is what the kill is to cut.
    const burst = Array.from({ length: 10 }, () =>
      world.load.place({ type: 'work', payload: { ms: 1 }, naming: random.pick(['id', 'key'] as const) }),
    );
    await stage.timeUntil(Date.now(), 1_000, () => replica.inFlight > 0);
    open += replica.inFlight;
    stage.fault('F22', `kill -9 of ${name} with ${replica.inFlight} requests under way`);
    await world.producer(name).process.replace();
    await Promise.all(burst);
    await world.allReady(30_000);
  }
  await wait(500);
  const failed = world.load.asked.filter(({ at, kind }) => at >= startedAt && kind !== 'ok').map(({ code }) => code);
  const others = failed.filter((code) => code !== 'GATEWAY_ANSWER_LOST');
  stage.check('requests under way when their replica was killed', open > 0, open, 'more than 0');
  stage.check('answers lost with the replica that had them', failed.length > 0, failed.length, 'more than 0');
  stage.check('failed answers of requests that were not under way', others.length === 0, others.length, '0');
}

async function scaleUp(stage: Stage, door: Balancer): Promise<void> {
  const { world } = stage;
  const fault = stage.fault('F22', 'from 2 replicas to 5');
  const addedAt = new Map<string, number>();
  for (const name of MORE) {
    addedAt.set(name, Date.now());
    await world.addProducer(name);
  }
  const firstAnswers = (): readonly number[] =>
    MORE.map((name) => door.replica(world.baseOf(name)).firstAnswerAt ?? Number.POSITIVE_INFINITY);
  await stage.timeUntil(fault.at, 20_000, () => firstAnswers().every(Number.isFinite));
  const slowest = Math.max(...MORE.map((name, at) => (firstAnswers()[at] ?? 0) - (addedAt.get(name) ?? 0)));
  fault.until = Date.now();
  stage.atMost('a new replica is added, to its first answer', slowest, 10_000, fault.at);
  await world.allReady();
  const failed = failures(stage, fault.at, Date.now());
  stage.check('answers that failed while replicas joined', failed === 0, failed, '0');
}

async function scaleDown(stage: Stage): Promise<void> {
  const { world } = stage;
  const fault = stage.fault('F22', 'from 5 replicas to 2, by SIGTERM');
  await Promise.all(MORE.map((name) => world.producer(name).process.stop(30_000)));
  for (const name of MORE) world.forget(name);
  await wait(3_000);
  fault.until = Date.now();
  const failed = failures(stage, fault.at, Date.now());
  stage.check('answers that failed while replicas left', failed === 0, failed, '0');
}
