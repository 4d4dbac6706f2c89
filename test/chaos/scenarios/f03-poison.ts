import type { Scenario, Stage } from '../stage.ts';

const LIMIT = 5;
const INNOCENTS = 10;

async function poison(stage: Stage, how: 'die' | 'heap', cause: RegExp): Promise<void> {
  const { world } = stage;
  const beside = await Promise.all(
    Array.from({ length: INNOCENTS }, () => world.load.place({ type: 'work', payload: { ms: 2_500 } })),
  );
  const id = await world.load.place({ type: 'harm', payload: { how, ms: 400 } });
  const fault = stage.fault('F03', how === 'die' ? 'a job that kills its process' : 'a job that exhausts the heap');
  await stage.timeUntil(fault.at, 120_000, async () => (await world.inspector.job(id, 'default'))?.state === 'dead');
  fault.until = Date.now();
  const job = await world.inspector.job(id, 'default');
  const causes = job?.deliveries.map((delivery) => delivery.cause ?? '-') ?? [];
  stage.check(
    `the poison (${how}) ended`,
    job?.state === 'dead',
    `${job?.state} after ${job?.deliveries.length} deliveries`,
    `dead after ${LIMIT}`,
  );
  stage.check(
    `deliveries of the poison (${how})`,
    job?.deliveries.length === LIMIT,
    job?.deliveries.length,
    String(LIMIT),
  );
  const named = causes.filter((text) => cause.test(text)).length;
  stage.check(
    `cause named (${how})`,
    named > 0 && causes.every((text) => text !== '-'),
    causes.join(', '),
    `one matches ${cause.source}`,
  );
  await stage.timeUntil(Date.now(), 90_000, async () => {
    const jobs = await world.inspector.jobs(beside, 'default');
    return jobs.every((one) => one?.state === 'completed');
  });
  const states = (await world.inspector.jobs(beside, 'default')).map((one) => one?.state ?? 'gone');
  const completed = states.filter((state) => state === 'completed').length;
  stage.check(
    `innocent jobs completed beside it (${how})`,
    completed === INNOCENTS,
    `${completed} of ${INNOCENTS}`,
    'all',
  );
}

export const poisonJob: Scenario = {
  id: 'F03',
  title: 'a poison job (kills its process; exhausts memory) with ten innocent jobs beside it',
  isQuiet: true,
  mayBury: true,
  world: {
    env: { QUEUE_DELIVERY_LIMIT: String(LIMIT) },
    workerExecArgs: () => ['--max-old-space-size=96'],
  },
  async run(stage) {
    await poison(stage, 'die', /SIGKILL/);
    await poison(stage, 'heap', /oom|SIGABRT/);
  },
};
