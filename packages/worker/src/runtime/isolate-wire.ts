import type { RunContext } from 'prodwork/job/handle';
import type { LogOptions } from 'prodwork/log';
import type { Failure } from './failure.ts';

/** What a worker and the child that runs a suspect job say to each other, over Node's IPC channel. */
export type ToChild =
  | {
      readonly say: 'run';
      readonly type: string;
      readonly payload: unknown;
      readonly job: RunContext['job'];
      readonly fence: number;
      readonly idempotencyKey: string;
      readonly worker: string;
      readonly logging: Pick<LogOptions, 'level' | 'format'>;
    }
  | { readonly say: 'verify' }
  | { readonly say: 'abort'; readonly code: string };

export type ToParent =
  | { readonly say: 'progress'; readonly value: unknown }
  /** `json` is absent when nothing was returned. */
  | { readonly say: 'returned'; readonly json?: string }
  | { readonly say: 'threw'; readonly failure: Failure };

/** Marks the child's command line. */
export const ISOLATED_FLAG = '--prodwork-isolated-job';

/** A handler in the child can send anything over the same channel: what is not of ours is passed over. */
export function isToParent(message: unknown): message is ToParent {
  if (typeof message !== 'object' || message === null || !('say' in message)) return false;
  switch (message.say) {
    case 'progress':
      return true;
    case 'returned':
      return !('json' in message) || typeof message.json === 'string';
    case 'threw':
      return 'failure' in message && typeof message.failure === 'object' && message.failure !== null;
    default:
      return false;
  }
}
