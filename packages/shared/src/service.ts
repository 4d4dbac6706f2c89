/**
 * Something that acts between `start` and `stop`.
 *
 * Contract: nothing happens before `start`. `start` resolves when the service works, and rejects when it cannot.
 * `stop` is bounded in time, may be called twice (the second call waits for the first), before `start`, and while
 * `start` is under way. A stopped service is not started again.
 */
export interface Service {
  start(): Promise<void>;
  stop(): Promise<void>;
}
