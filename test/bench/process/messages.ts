import type { SystemName } from '../systems/system.ts';

/** What the benchmark's own processes say to each other over IPC, and nothing else reads. */
export interface WorkerSpec {
  readonly system: SystemName;
  readonly redisUrl: string;
  readonly name: string;
  readonly concurrency: number;
  /** Different jobs there are, and effects to make room for. */
  readonly jobs: number;
  readonly effects: number;
  /** How long each handler takes, ms; 0: it returns at once. */
  readonly workMs: number;
  /** Gets the count of each job's effects when the process ends. */
  readonly finalFile: string;
}

export type WorkerRequest = { readonly kind: 'work' } | { readonly kind: 'effects' } | { readonly kind: 'report' };

export interface LoadSpec {
  readonly system: SystemName;
  readonly redisUrl: string;
}

export interface EnqueueRequest {
  readonly kind: 'enqueue';
  readonly from: number;
  readonly jobs: number;
  /** `singles`: 100 in flight. `bulk`: calls of 1,000, one after the other. */
  readonly mode: 'singles' | 'bulk';
  /** `mixed`: high, normal and low in turn. */
  readonly priorities?: 'mixed';
  /** Epoch ms. */
  readonly runAt?: number;
  readonly payloadBytes?: number;
  /** Spread over this many queues; absent: the one that workers serve. */
  readonly queues?: number;
}

/** Jobs one by one at a steady pace, each carrying when it was submitted. */
export interface PaceRequest {
  readonly kind: 'pace';
  readonly from: number;
  readonly jobs: number;
  readonly perSecond: number;
}

export type LoadRequest = EnqueueRequest | PaceRequest;

export interface EnqueueReport {
  readonly jobs: number;
  /** Jobs a second, the beginning left out. */
  readonly perSecond: number;
  /** CPU of the submitting process per job, ms, the beginning left out. */
  readonly cpuMsPerJob: number;
}

export interface HttpServerSpec {
  readonly kind: 'fastify' | 'bullmq';
  readonly redisUrl: string;
}

export interface HttpLoadRequest {
  readonly url: string;
  readonly body: string;
  readonly connections: number;
  readonly warmMs: number;
  readonly measureMs: number;
}

export interface HttpLoadReport {
  readonly perSecond: number;
  /** Every request answered with 2xx, the warm-up included. */
  readonly accepted: number;
  readonly refused: number;
}
