import { OptionError, parseOptions, USAGE } from './options.ts';
import { runScenario } from './run-scenario.ts';
import { scenarios } from './scenarios/all.ts';

const options = parseOptions(process.argv.slice(2));
if (options === 'help') {
  console.log(USAGE);
  process.exit(0);
}
for (const id of options.only) {
  const s = scenarios.find((x) => x.id === id);
  if (!s) throw new OptionError('no ' + id);
  const t0 = Date.now();
  const r = await runScenario(s, {
    seed: options.seed,
    budgetMs: (options.minutes ?? 3) * 60000,
    world: { engine: options.engine },
    say: (t) => console.log(((Date.now() - t0) / 1000).toFixed(1).padStart(6), t),
  });
  const { timeline, ...rest } = r;
  console.log(JSON.stringify(rest, null, 1).slice(0, 6000));
}
