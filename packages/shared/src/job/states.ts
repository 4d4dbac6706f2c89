import type { JobState } from './job.ts';

/**
 * The life of a job. Each row is one edge, one Lua fragment of the lease engine and one arrow in
 * `docs/job-lifecycle.md`; a test compares the three.
 */
export interface Transition {
  /** The verb, and the name of the Lua fragment that makes the move. */
  readonly verb:
    | 'submit'
    | 'promote'
    | 'claim'
    | 'complete'
    | 'retry'
    | 'bury'
    | 'release'
    | 'reap'
    | 'cancel'
    | 'abandon'
    | 'reopen';
  readonly from: JobState | 'none';
  readonly to: JobState;
  readonly when: string;
}

export const TRANSITIONS: readonly Transition[] = [
  { verb: 'submit', from: 'none', to: 'waiting', when: 'accepted, due now' },
  { verb: 'submit', from: 'none', to: 'scheduled', when: 'accepted, due later' },
  { verb: 'promote', from: 'scheduled', to: 'waiting', when: 'its time has come' },
  {
    verb: 'claim',
    from: 'waiting',
    to: 'active',
    when: 'handed to one worker that knows the type and has a free slot',
  },
  { verb: 'complete', from: 'active', to: 'completed', when: 'the handler returned and verify passed' },
  { verb: 'retry', from: 'active', to: 'scheduled', when: 'the attempt failed and another one is left' },
  { verb: 'bury', from: 'active', to: 'dead', when: 'the last attempt failed, or the failure is permanent' },
  { verb: 'release', from: 'active', to: 'waiting', when: 'handed back by a worker that leaves: front of its lane' },
  { verb: 'reap', from: 'active', to: 'waiting', when: 'its worker died: front of its lane' },
  { verb: 'reap', from: 'active', to: 'dead', when: 'its worker died and the delivery limit is reached' },
  { verb: 'reap', from: 'active', to: 'cancelled', when: 'its worker died after a cancel was asked for' },
  { verb: 'abandon', from: 'active', to: 'abandoned', when: 'at-most-once, and its worker died or left' },
  { verb: 'cancel', from: 'waiting', to: 'cancelled', when: 'asked for' },
  { verb: 'cancel', from: 'scheduled', to: 'cancelled', when: 'asked for' },
  { verb: 'cancel', from: 'active', to: 'cancelled', when: 'asked for, and the handler has stopped' },
  { verb: 'reopen', from: 'dead', to: 'waiting', when: "an operator's retry: next generation, fresh attempts" },
  { verb: 'reopen', from: 'cancelled', to: 'waiting', when: "an operator's retry: next generation, fresh attempts" },
  { verb: 'reopen', from: 'abandoned', to: 'waiting', when: "an operator's retry: next generation, fresh attempts" },
];
