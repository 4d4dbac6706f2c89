import { modelTest } from './run.ts';

modelTest('brpop', { leaseMs: 1_000, canRestart: true, crashWeight: 3 });
