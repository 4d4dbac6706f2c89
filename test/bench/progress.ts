/** One step of the plan, for the estimate of what is left. */
export interface Step {
  readonly label: string;
  /** Steps of one kind take about as long as each other. */
  readonly kind: string;
  /** Expected, before one of its kind was seen. */
  readonly seconds: number;
}

/** Says where the run is and how long it will take: measured durations of steps seen, expected ones of the others. */
export class Progress {
  readonly #steps: readonly Step[];
  readonly #say: (line: string) => void;
  readonly #seen = new Map<string, number>();
  #done = 0;

  constructor(steps: readonly Step[], say: (line: string) => void) {
    this.#steps = steps;
    this.#say = say;
  }

  begin(): void {
    const step = this.#steps[this.#done];
    if (step === undefined) return;
    const position = `${String(this.#done + 1).padStart(String(this.#steps.length).length)}/${this.#steps.length}`;
    this.#say(`[${position}] ${step.label.padEnd(44)} ${timeText(this.secondsLeft)} left`);
  }

  end(seconds: number): void {
    const step = this.#steps[this.#done++];
    if (step !== undefined) this.#seen.set(step.kind, seconds);
  }

  /** Of steps that were seen, how much longer (or shorter) they took than expected, for those that were not. */
  get secondsLeft(): number {
    let [expected, took] = [0, 0];
    for (const [kind, seconds] of this.#seen) {
      expected += this.#steps.find((step) => step.kind === kind)?.seconds ?? 0;
      took += seconds;
    }
    const factor = expected > 0 ? took / expected : 1;
    const left = this.#steps.slice(this.#done);
    return left.reduce((sum, step) => sum + (this.#seen.get(step.kind) ?? step.seconds * factor), 0);
  }
}

export function timeText(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return `${Math.round(seconds / 60)} min`;
}
