import type { EngineName } from './engine.ts';

/**
 * What an engine promises and what it does not. The conformance suite runs a promise's tests where it is true, and
 * checks that what is asked for is refused where it is false; the README's table is printed from here.
 */
export interface Promises {
  /** A job whose worker was killed is started again. */
  readonly survivesWorkerDeath: boolean;
  /** Settles check who holds the lease; a stale holder is told `lost`. */
  readonly fencedSettle: boolean;
  /** A fence that strictly grows per job. */
  readonly fence: boolean;
  readonly delay: boolean;
  readonly priorities: boolean;
  /** The types of one priority take turns, so that a flood of one does not starve another. */
  readonly turns: boolean;
  /** Failed attempts are tried again with backoff. */
  readonly retries: boolean;
  /** Jobs that a leaving worker did not finish go back. */
  readonly handBack: boolean;
  /** Chosen ids and idempotency keys. */
  readonly idempotentSubmit: boolean;
  readonly cancel: boolean;
  readonly pause: boolean;
  /** Types may ask for at-most-once, with `abandoned`. */
  readonly atMostOnceTypes: boolean;
  /** A finished job can be read by id, with its result. */
  readonly results: boolean;
  /** Only workers that know a type are handed its jobs. */
  readonly ableRouting: boolean;
  /** A dead, cancelled or abandoned job can be reopened. */
  readonly operatorRetry: boolean;
  /** `QUEUE_DURABILITY=fsync`. */
  readonly fsync: boolean;
}

export const PROMISES: { readonly [name in EngineName]: Promises } = {
  lease: {
    survivesWorkerDeath: true,
    fencedSettle: true,
    fence: true,
    delay: true,
    priorities: true,
    turns: true,
    retries: true,
    handBack: true,
    idempotentSubmit: true,
    cancel: true,
    pause: true,
    atMostOnceTypes: true,
    results: true,
    ableRouting: true,
    operatorRetry: true,
    fsync: true,
  },
  memory: {
    survivesWorkerDeath: true,
    fencedSettle: true,
    fence: true,
    delay: true,
    priorities: true,
    turns: true,
    retries: true,
    handBack: true,
    idempotentSubmit: true,
    cancel: true,
    pause: true,
    atMostOnceTypes: true,
    results: true,
    ableRouting: true,
    operatorRetry: true,
    fsync: false,
  },
  bullmq: {
    survivesWorkerDeath: true,
    fencedSettle: true,
    fence: true,
    delay: true,
    priorities: true,
    turns: false,
    retries: true,
    handBack: true,
    idempotentSubmit: true,
    cancel: true,
    pause: true,
    atMostOnceTypes: false,
    results: true,
    ableRouting: false,
    operatorRetry: true,
    fsync: false,
  },
  brpop: {
    survivesWorkerDeath: false,
    fencedSettle: false,
    fence: false,
    delay: false,
    priorities: false,
    turns: false,
    retries: false,
    handBack: true,
    idempotentSubmit: false,
    cancel: false,
    pause: false,
    atMostOnceTypes: true,
    results: true,
    ableRouting: false,
    operatorRetry: false,
    fsync: false,
  },
};
