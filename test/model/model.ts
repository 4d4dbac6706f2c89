import type { Claim } from 'prodwork/engine/consumer';
import type { Promises } from 'prodwork/engine/promises';
import type { Job, JobState, Priority } from 'prodwork/job/job';
import type { Outcome } from 'prodwork/job/outcome';

export const TYPES = ['alpha', 'beta', 'once'] as const;
export type TypeName = (typeof TYPES)[number];
export const DELIVERY_LIMIT = 4;
const FINAL: ReadonlySet<ModelState> = new Set(['completed', 'dead', 'cancelled', 'abandoned', 'gone']);
const PRIORITY_ORDER: readonly Priority[] = ['high', 'normal', 'low'];

/** `gone`: an engine that loses a killed worker's jobs has lost it. */
export type ModelState = JobState | 'gone';

export interface ModelJob {
  readonly id: string;
  readonly type: TypeName;
  readonly priority: Priority;
  state: ModelState;
  /** The engine is on its way from `state` to this one: both may be seen, and a claim when it leads to `waiting`. */
  goesTo: ModelState | undefined;
  /** Place in its lane: lower goes first, equal ones in any order. */
  rank: number;
  generation: number;
  attempts: number;
  deliveries: number;
  deaths: number;
  fence: number;
  isCancelRequested: boolean;
  worker: string | undefined;
}

export interface ModelWorker {
  readonly name: string;
  readonly slots: number;
  readonly hand: Map<string, Claim>;
}

/** What must be true of every engine, as simply as it can be said. A claim that it does not allow throws. */
export class Model {
  readonly promises: Promises;
  readonly jobs = new Map<string, ModelJob>();
  readonly workers = new Map<string, ModelWorker>();
  isPaused = false;
  #back = 0;
  #front = 0;

  constructor(promises: Promises) {
    this.promises = promises;
  }

  submitted(id: string, type: TypeName, priority: Priority, isDueLater: boolean): void {
    this.#back += 1;
    this.jobs.set(id, {
      id,
      type,
      priority,
      state: isDueLater ? 'scheduled' : 'waiting',
      goesTo: undefined,
      rank: this.#back,
      generation: 1,
      attempts: 0,
      deliveries: 0,
      deaths: 0,
      fence: 0,
      isCancelRequested: false,
      worker: undefined,
    });
  }

  claimed(workerName: string, claim: Claim): void {
    const job = this.jobs.get(claim.id);
    const worker = this.workers.get(workerName);
    if (!job || !worker) throw new Error(`${workerName} was handed ${claim.id}, which is nobody's`);
    const say = (fault: string): never => {
      throw new Error(`${workerName} was handed ${job.id} (${job.state}): ${fault}`);
    };
    if (job.state !== 'waiting' && job.goesTo !== 'waiting') say('it does not wait');
    if (this.isPaused) say('the queue is paused');
    if (worker.hand.size >= worker.slots) say('no slot is free');
    if (this.promises.fence && !(claim.fence > job.fence)) say(`fence ${claim.fence} after ${job.fence}`);
    if (claim.attempt !== job.attempts + 1) say(`attempt ${claim.attempt} after ${job.attempts}`);
    if (claim.delivery !== job.deliveries + 1) say(`delivery ${claim.delivery} after ${job.deliveries}`);
    if (claim.generation !== job.generation) say(`generation ${claim.generation}, not ${job.generation}`);
    // Where a worker's death takes its jobs with it, nobody comes back to be suspected.
    const isSuspect = job.deaths >= 2 && this.promises.survivesWorkerDeath;
    if (claim.isSuspect !== isSuspect) say(`suspect ${claim.isSuspect} after ${job.deaths} deaths`);
    worker.hand.set(job.id, claim);
    Object.assign(job, { state: 'active', goesTo: undefined, fence: claim.fence, worker: workerName });
    job.deliveries += 1;
  }

  /** The jobs claimed since the last look must be those that were first in their lanes, and of the highest priority. */
  checkOrder(claimed: readonly ModelJob[], settledAtStart: ReadonlySet<string>): void {
    for (const taken of claimed.filter(({ id }) => settledAtStart.has(id))) {
      for (const left of this.jobs.values()) {
        if (left.state !== 'waiting' || !settledAtStart.has(left.id)) continue;
        // BullMQ puts what a dead worker had before everything else, whatever was handed back meanwhile.
        if (!this.promises.turns && (taken.rank < 0 || left.rank < 0)) continue;
        const isSameLane = left.type === taken.type && left.priority === taken.priority;
        const isHigher = PRIORITY_ORDER.indexOf(left.priority) < PRIORITY_ORDER.indexOf(taken.priority);
        if (isSameLane && left.rank < taken.rank) throw new Error(`${taken.id} overtook ${left.id} in its lane`);
        if (isHigher && this.promises.turns) throw new Error(`${taken.id} went before ${left.id} of higher priority`);
      }
    }
  }

  settled(job: ModelJob, outcome: Outcome): void {
    this.workers.get(job.worker ?? '')?.hand.delete(job.id);
    if (outcome.kind === 'crash') job.deaths += 1;
    if (outcome.kind === 'complete' || outcome.kind === 'bury' || outcome.kind === 'retry') job.attempts += 1;
    const next = this.#stateAfter(job, outcome);
    Object.assign(job, { state: next, goesTo: undefined, worker: undefined });
    if (outcome.kind === 'retry' && next === 'scheduled') {
      this.#back += 1;
      job.rank = this.#back;
      if (outcome.delayMs === 0) job.goesTo = 'waiting';
    } else if (next === 'waiting') {
      this.#front -= 1;
      job.rank = this.#front;
    }
  }

  /** A worker is gone; what it had in hand follows when somebody has noticed. */
  died(worker: ModelWorker): void {
    this.workers.delete(worker.name);
    this.#front -= 1;
    for (const id of worker.hand.keys()) {
      const job = this.jobs.get(id);
      if (!job) continue;
      job.worker = undefined;
      job.goesTo = 'gone';
      if (!this.promises.survivesWorkerDeath) continue;
      job.deaths += 1;
      job.goesTo = this.#afterReturn(job, 'abandoned');
      job.rank = this.#front;
    }
  }

  cancelled(job: ModelJob): 'cancelled' | 'requested' | 'unchanged' | 'refused' {
    if (job.state === 'cancelled') return 'unchanged';
    if (FINAL.has(job.state)) return 'refused';
    if (job.state === 'active') {
      job.isCancelRequested = true;
      return 'requested';
    }
    this.#end(job, 'cancelled');
    return 'cancelled';
  }

  reopened(job: ModelJob): 'reopened' | 'refused' {
    if (job.state === 'completed') return 'refused';
    this.#back += 1;
    Object.assign(job, { state: 'waiting', goesTo: undefined, rank: this.#back, isCancelRequested: false });
    job.generation += 1;
    Object.assign(job, { attempts: 0, deliveries: 0, deaths: 0 });
    return 'reopened';
  }

  /** True while somebody could and therefore must be handed something. */
  hasWorkToHandOut(): boolean {
    if (this.isPaused) return false;
    const isSlotFree = [...this.workers.values()].some(({ hand, slots }) => hand.size < slots);
    return (
      isSlotFree && [...this.jobs.values()].some(({ state, goesTo }) => state === 'waiting' || goesTo === 'waiting')
    );
  }

  /** The first difference between a job here and there; undefined when there is none. */
  difference(job: ModelJob, seen: Job | undefined): string | undefined {
    const state = seen?.state ?? 'gone';
    if (state !== job.state) return `${job.id} is ${state}, not ${job.state}`;
    if (!seen) return undefined;
    const { attempts, generation, deliveries, cancelRequested = false } = seen;
    if (attempts !== job.attempts) return `${job.id} has ${attempts} attempts, not ${job.attempts}`;
    if (generation !== job.generation) return `${job.id} is of generation ${generation}, not ${job.generation}`;
    if (this.promises.fence && deliveries.length !== job.deliveries) {
      return `${job.id} shows ${deliveries.length} deliveries, not ${job.deliveries}`;
    }
    if (job.state === 'active' && cancelRequested !== job.isCancelRequested) {
      return `${job.id}: cancel asked for is ${cancelRequested}, not ${job.isCancelRequested}`;
    }
    return undefined;
  }

  #stateAfter(job: ModelJob, outcome: Outcome): ModelState {
    switch (outcome.kind) {
      case 'complete':
        return 'completed';
      case 'bury':
        return 'dead';
      case 'cancel':
        return 'cancelled';
      case 'retry': {
        const next = this.#afterReturn(job, 'dead');
        return next === 'waiting' ? 'scheduled' : next;
      }
      case 'release':
      case 'crash':
        return this.#afterReturn(job, 'abandoned');
    }
  }

  /** Where a job goes that comes back from a worker. */
  #afterReturn(job: ModelJob, once: 'abandoned' | 'dead'): ModelState {
    if (job.isCancelRequested) return 'cancelled';
    if (job.type === 'once' && this.promises.atMostOnceTypes) return once;
    return job.deliveries >= DELIVERY_LIMIT ? 'dead' : 'waiting';
  }

  #end(job: ModelJob, state: ModelState): void {
    Object.assign(job, { state, goesTo: undefined, worker: undefined });
  }
}
