import { modelTest } from './run.ts';

modelTest('lease', { leaseMs: 20_000, canRestart: true });
