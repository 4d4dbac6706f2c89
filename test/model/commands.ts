import fc from 'fast-check';
import type { Priority } from 'prodwork/job/job';
import type { Outcome } from 'prodwork/job/outcome';
import { expect } from 'vitest';
import { until } from '../support/until.ts';
import type { Model, ModelJob, ModelWorker, TypeName } from './model.ts';
import { QUEUE, type Rig, type RigWorker } from './rig.ts';
import { sync } from './sync.ts';

export type Command = fc.AsyncCommand<Model, Rig>;
export const steps = { taken: 0 };

const error = { code: 'HANDLER_FAILED', message: 'as the model said' };
const HOUR_MS = 3_600_000;

/** One step: what is done to both, and then a look at whether they agree. */
function command(
  name: string,
  may: (model: Model) => boolean,
  act: (model: Model, rig: Rig) => Promise<void>,
): Command {
  return {
    check: may,
    async run(model, rig) {
      steps.taken += 1;
      await act(model, rig);
      await sync(model, rig);
    },
    toString: () => name,
  };
}

const pick = <T>(items: readonly T[], at: number): T | undefined => items[at % Math.max(1, items.length)];

function anyHeld(model: Model, at: number): { readonly job: ModelJob; readonly worker: ModelWorker } | undefined {
  const held = [...model.workers.values()].flatMap((worker) => [...worker.hand.keys()].map((id) => ({ worker, id })));
  const found = pick(held, at);
  const job = found && model.jobs.get(found.id);
  return found && job && { job, worker: found.worker };
}

const submit = (type: TypeName, asked: Priority, isLater: boolean): Command =>
  command(
    `submit(${type}, ${asked}, ${isLater ? 'later' : 'now'})`,
    () => true,
    async (model, rig) => {
      const { promises } = rig.engine;
      const type_ = type === 'once' && !promises.atMostOnceTypes ? 'alpha' : type;
      const priority = promises.priorities ? asked : 'normal';
      const isDelayed = isLater && promises.delay;
      const submitted = await rig.submitter.submit({
        queue: QUEUE,
        type: type_,
        payloadJson: '{}',
        priority,
        maxAttempts: promises.retries ? 20 : 1,
        delivery: type_ === 'once' ? 'at-most-once' : 'at-least-once',
        ...(isDelayed ? { delayMs: HOUR_MS } : {}),
      });
      if (submitted.outcome !== 'stored') throw new Error(`submit: ${submitted.outcome}`);
      model.submitted(submitted.job.id, type_, priority, isDelayed);
    },
  );

const OUTCOMES: readonly Outcome[] = [
  { kind: 'complete', resultJson: '{"ok":true}' },
  { kind: 'retry', error, delayMs: 0 },
  { kind: 'retry', error, delayMs: HOUR_MS },
  { kind: 'bury', error },
  { kind: 'release', cause: 'WORKER_DRAINING' },
  { kind: 'crash', cause: 'SIGKILL' },
  { kind: 'cancel' },
];

const settle = (outcome: Outcome, at: number): Command => {
  const name = `settle(${outcome.kind}${outcome.kind === 'retry' ? ` in ${outcome.delayMs}` : ''}, ${at})`;
  return command(
    name,
    (model) => anyHeld(model, at) !== undefined,
    async (model, rig) => {
      const found = anyHeld(model, at);
      const claim = found?.worker.hand.get(found.job.id);
      if (!found || !claim) return;
      const isKnown = outcome.kind !== 'retry' || rig.engine.promises.retries;
      const used: Outcome = isKnown ? outcome : { kind: 'bury', error };
      expect(await rig.settle(found.worker.name, claim, used)).toBe('committed');
      model.settled(found.job, used);
      // A copy of the same call is answered as what it was, and changes nothing.
      if (at % 4 === 0) expect(await rig.settle(found.worker.name, claim, used)).toBe('committed');
    },
  );
};

const cancel = (at: number): Command =>
  command(
    `cancel(${at})`,
    ({ jobs, promises }) => promises.cancel && jobs.size > 0,
    async (model, rig) => {
      const job = pick([...model.jobs.values()], at);
      if (!job) return;
      const expected = model.cancelled(job);
      expect(await rig.inspector.cancel(job.id, QUEUE), `cancel of ${job.id}`).toBe(expected);
    },
  );

const retry = (at: number): Command =>
  command(
    `retry(${at})`,
    (model) => model.promises.operatorRetry && endedJobs(model).length > 0,
    async (model, rig) => {
      const job = pick(endedJobs(model), at);
      if (!job) return;
      const expected = model.reopened(job);
      expect(await rig.inspector.retry(job.id, QUEUE), `retry of ${job.id}`).toBe(expected);
    },
  );

const endedJobs = (model: Model): readonly ModelJob[] =>
  [...model.jobs.values()].filter(({ state }) => ['completed', 'dead', 'cancelled', 'abandoned'].includes(state));

const pause: Command = command(
  'pause',
  ({ promises }) => promises.pause,
  async (model, rig) => {
    await rig.inspector.pause(QUEUE);
    model.isPaused = true;
  },
);

const resume: Command = command(
  'resume',
  ({ promises }) => promises.pause,
  async (model, rig) => {
    await rig.inspector.resume(QUEUE);
    model.isPaused = false;
  },
);

const join = (slots: number): Command =>
  command(
    `join(${slots})`,
    ({ workers }) => workers.size < 4,
    async (model, rig) => addWorker(model, rig, slots),
  );

export async function addWorker(model: Model, rig: Rig, slots: number, asName?: string): Promise<void> {
  const name = await rig.addWorker(slots, asName);
  model.workers.set(name, { name, slots, hand: new Map() });
}

/** A new one takes its place: under the same name, as a container does that starts again, or under its own. */
const crash = (at: number, isReplaced: boolean): Command =>
  command(
    `crash(${at}, ${isReplaced ? 'comes back' : 'stays away'})`,
    () => true,
    async (model, rig) => {
      const worker = pick([...model.workers.values()], at);
      const entry = worker && rig.workers.get(worker.name);
      if (!worker || !entry) return;
      await entry.crash();
      rig.workers.delete(worker.name);
      model.died(worker);
      await addWorker(model, rig, worker.slots, isReplaced ? worker.name : undefined);
      // An engine that hands over to idle workers may hand to this one until its death was noticed: a delivery that the
      // model could not tell from a duplicate.
      if (model.promises.ableRouting) await until('its death to be noticed', () => isGone(rig, entry));
    },
  );

async function isGone(rig: Rig, { worker }: RigWorker): Promise<boolean> {
  return !(await rig.inspector.workers(QUEUE)).some(({ id }) => id === worker.options.incarnation);
}

/** A clean leave: nothing in hand, so nothing happens to any job. */
const leave = (at: number): Command =>
  command(
    `leave(${at})`,
    (model) => idle(model).length > 0 && model.workers.size > 1,
    async (model, rig) => {
      const worker = pick(idle(model), at);
      const entry = worker && rig.workers.get(worker.name);
      if (!worker || !entry) return;
      await entry.stop();
      rig.workers.delete(worker.name);
      model.workers.delete(worker.name);
    },
  );

const idle = (model: Model): readonly ModelWorker[] =>
  [...model.workers.values()].filter(({ hand }) => hand.size === 0);

/** Every write was on disk before it was answered: nothing may be missing afterwards. */
const restartRedis: Command = command(
  'restart Redis',
  () => true,
  async (_model, rig) => {
    await rig.server?.kill();
    await rig.server?.restart();
  },
);

export interface CommandOptions {
  /** Of about 220: how often a worker is killed. */
  readonly crashWeight: number;
  readonly canRestart: boolean;
}

/** Crashes and restarts cost seconds, so there are few of them; the rest comes about evenly. */
export function commands({ canRestart, crashWeight }: CommandOptions): fc.Arbitrary<Command> {
  const at = fc.nat(11);
  const type = fc.constantFrom<TypeName[]>('alpha', 'beta', 'once');
  const priority = fc.constantFrom<Priority[]>('high', 'normal', 'low');
  const weighted: fc.WeightedArbitrary<Command>[] = [
    {
      weight: 70,
      arbitrary: fc.tuple(type, priority, fc.integer({ min: 0, max: 5 })).map(([t, p, n]) => submit(t, p, n === 0)),
    },
    { weight: 90, arbitrary: fc.tuple(fc.constantFrom(...OUTCOMES), at).map(([outcome, n]) => settle(outcome, n)) },
    { weight: 18, arbitrary: at.map(cancel) },
    { weight: 14, arbitrary: at.map(retry) },
    { weight: 6, arbitrary: fc.constant(pause) },
    { weight: 12, arbitrary: fc.constant(resume) },
    { weight: 4, arbitrary: fc.integer({ min: 1, max: 2 }).map(join) },
    { weight: 4, arbitrary: at.map(leave) },
    {
      weight: crashWeight,
      arbitrary: fc.tuple(at, fc.integer({ min: 0, max: 5 })).map(([n, away]) => crash(n, away > 0)),
    },
    ...(canRestart ? [{ weight: 1, arbitrary: fc.constant(restartRedis) }] : []),
  ];
  return fc.oneof(...weighted);
}
