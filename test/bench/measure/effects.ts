/** What became of jobs 0 to N-1, by their effects: the handler's own count, not what a queue says of itself. */
export interface EffectFaults {
  /** Submitted, and no effect. */
  readonly lost: number;
  /** Jobs whose handler ran more than once. */
  readonly repeated: number;
  /** Effects of jobs that nobody submitted. */
  readonly phantom: number;
  /** A few numbers of jobs, to look for them. */
  readonly examples: readonly number[];
}

/** Thrown when a run lost a job or ran one twice: its figures do not count. */
export class EffectError extends Error {
  override readonly name = 'EffectError';
}

/**
 * Counts effects over all workers.
 * @param submitted jobs 0 to `submitted - 1` were accepted.
 * @param perWorker how often each worker ran each job, by the job's number.
 * @param unfinished how many of them may still wait (a run that was stopped on purpose); absent: none.
 */
export function effectFaults(submitted: number, perWorker: readonly Uint8Array[], unfinished = 0): EffectFaults {
  let [missing, repeated, phantom] = [0, 0, 0];
  const examples: number[] = [];
  const numbers = Math.max(submitted, ...perWorker.map(({ length }) => length));
  for (let number = 0; number < numbers; number++) {
    let runs = 0;
    for (const counts of perWorker) runs += counts[number] ?? 0;
    const isSubmitted = number < submitted;
    if (isSubmitted && runs === 1) continue;
    if (!isSubmitted && runs === 0) continue;
    if (!isSubmitted) phantom += runs;
    else if (runs === 0) missing++;
    else repeated++;
    if ((runs > 0 || unfinished === 0) && examples.length < 5) examples.push(number);
  }
  return { lost: Math.max(0, missing - unfinished), repeated, phantom, examples };
}

/** @throws EffectError that says what happened to how many jobs. */
export function checkEffects(submitted: number, perWorker: readonly Uint8Array[], unfinished = 0): void {
  const { lost, repeated, phantom, examples } = effectFaults(submitted, perWorker, unfinished);
  if (lost + repeated + phantom === 0) return;
  throw new EffectError(
    `of ${submitted} jobs ${lost} were lost, ${repeated} ran more than once, ${phantom} were never submitted (job ${examples.join(', ')})`,
  );
}
