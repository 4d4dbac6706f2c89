import { Figures, type Owner } from './figures.ts';
import { Progress, type Step } from './progress.ts';
import type { Scenario } from './scenarios/scenario.ts';
import type { Sizes } from './sizes.ts';

/** One run: a scenario with one system. */
interface Run {
  readonly scenario: Scenario;
  readonly system: Owner;
  readonly round: number;
}

export interface PlanOptions {
  readonly scenarios: readonly Scenario[];
  readonly sizes: Sizes;
  readonly rounds: number;
  readonly minutes: number;
  readonly say: (line: string) => void;
  readonly isStopping: () => boolean;
}

/**
 * Rounds of all scenarios; within a scenario the systems run next to each other (A B C, then B C A, ...), so that what
 * the machine does meanwhile meets all of them.
 */
export async function runPlan(options: PlanOptions): Promise<{ figures: Figures; rounds: number }> {
  const { scenarios, rounds, minutes, say, isStopping } = options;
  const figures = new Figures();
  const beganAt = performance.now();
  const runs = Array.from({ length: rounds }, (_, round) => roundOf(scenarios, round)).flat();
  const progress = new Progress(runs.map(stepOf), say);
  let roundBeganAt = beganAt;
  for (const [index, run] of runs.entries()) {
    if (run.round !== runs[index - 1]?.round && index > 0) {
      const roundMs = performance.now() - roundBeganAt;
      roundBeganAt = performance.now();
      if (roundBeganAt - beganAt + roundMs > minutes * 60_000) {
        say(`${run.round} of ${rounds} rounds: another one would take longer than ${minutes} minutes in all`);
        return { figures, rounds: run.round };
      }
    }
    if (isStopping()) return { figures, rounds: run.round };
    progress.begin();
    const stepBeganAt = performance.now();
    await execute(run, figures, options);
    progress.end((performance.now() - stepBeganAt) / 1000);
  }
  return { figures, rounds };
}

async function execute({ scenario, system, round }: Run, figures: Figures, options: PlanOptions): Promise<void> {
  // Figures of a run that fails in the end do not count, whatever it noted before.
  const noted: { readonly id: string; readonly value: number }[] = [];
  const note = (id: string, value: number): void => void noted.push({ id, value });
  try {
    await scenario.run(system, { sizes: options.sizes, note });
    for (const { id, value } of noted) figures.add({ id, system, round, value });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    figures.faults.push({ scenario: scenario.name, system, round, message });
    options.say(`FAULT in ${scenario.name} of ${system}: ${message.split('\n')[0]}`);
  }
}

function roundOf(scenarios: readonly Scenario[], round: number): readonly Run[] {
  return scenarios.flatMap((scenario) => {
    const first = round % Math.max(1, scenario.systems.length);
    const turned = [...scenario.systems.slice(first), ...scenario.systems.slice(0, first)];
    return turned.map((system) => ({ scenario, system, round }));
  });
}

const stepOf = ({ scenario, system, round }: Run): Step => ({
  label: `round ${round + 1}  ${scenario.name}  ${system}`,
  kind: `${scenario.name} ${system}`,
  seconds: scenario.seconds,
});
