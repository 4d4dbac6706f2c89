import type { QueueView, WorkerView } from 'prodwork/engine/inspector';
import type { Rates, Snapshot } from './snapshot.ts';

/** A worker as anybody may see it: what it works on by type and time. Ids open receipts, so they are left out. */
export interface PublicWorker {
  readonly name: string;
  readonly state: WorkerView['state'];
  readonly startedAt: number;
  readonly heartbeatAt: number;
  readonly slots: number;
  readonly jobs: readonly { readonly type: string; readonly startedAt: number }[];
  readonly restarts?: number;
  readonly lastDeath?: string;
}

export interface PublicView {
  readonly at: number;
  readonly isAvailable: true;
  readonly queue: QueueView;
  readonly rates: Rates | undefined;
  readonly workers: readonly PublicWorker[];
}

export function publicView(snapshot: Snapshot): PublicView {
  return {
    at: snapshot.at,
    isAvailable: true,
    queue: snapshot.queue,
    rates: snapshot.rates,
    workers: snapshot.workers.map((worker) => ({
      name: worker.name,
      state: worker.state,
      startedAt: worker.startedAt,
      heartbeatAt: worker.heartbeatAt,
      slots: worker.slots,
      jobs: worker.jobs.map(({ type, startedAt }) => ({ type, startedAt })),
      ...(worker.restarts !== undefined && { restarts: worker.restarts }),
      ...(worker.lastDeath !== undefined && { lastDeath: worker.lastDeath }),
    })),
  };
}
