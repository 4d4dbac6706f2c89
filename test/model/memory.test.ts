import { modelTest } from './run.ts';

modelTest('memory', { leaseMs: 60_000, canRestart: false, crashWeight: 6 });
