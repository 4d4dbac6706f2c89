import { modelTest } from './run.ts';

// A lock lives for half the lease, and every crash waits for one to run out.
modelTest('bullmq', { leaseMs: 4_000, canRestart: false, crashWeight: 1 });
