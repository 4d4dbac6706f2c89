import { FINAL_STATES, type FinalState, type JobState } from './job.ts';

const FINAL: ReadonlySet<string> = new Set(FINAL_STATES);

/** True for the states that absorb everything but an operator's retry. */
export const isFinal = (state: JobState): state is FinalState => FINAL.has(state);
