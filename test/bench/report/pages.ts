import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sizesOf } from '../sizes.ts';
import { TITLES } from '../systems/system.ts';
import { TARGETS } from '../targets.ts';
import { capacityPage } from './capacity.ts';
import { type Bar, barChart } from './chart.ts';
import type { Measurement, Results } from './results.ts';
import { figureTable, ratioTable, shortTable } from './table.ts';

/** One picture per kind of figure: ids by their first part, or as listed. */
const PICTURES: readonly { readonly file: string; readonly title: string; readonly ids: RegExp }[] = [
  { file: 'enqueue', title: 'Submitting jobs: more is better', ids: /^enqueue\./ },
  { file: 'drain', title: 'Draining a full queue: more is better', ids: /^drain\.p/ },
  { file: 'latency', title: 'From submit to start: less is better', ids: /^latency\./ },
  { file: 'memory', title: 'Redis memory and disk per job: less is better', ids: /^(memory|aof)\./ },
  { file: 'cpu', title: 'CPU per 100,000 jobs: less is better', ids: /^cpu\./ },
  { file: 'http', title: 'POST over HTTP: more is better', ids: /^http\./ },
  { file: 'limit', title: "Jobs per second of Redis CPU, against Redis's own limit: more is better", ids: /^cycles\./ },
  {
    file: 'circumstances',
    title: 'prodwork under harder circumstances: more is better',
    ids: /^drain\.(b|d|plain|prior)/,
  },
];

/** Writes `benchmark.md` with its pictures, the results themselves and `capacity.md` into `dir`. */
export async function writePages(results: Results, dir: string): Promise<void> {
  const pictures = join(dir, 'bench');
  await mkdir(pictures, { recursive: true });
  const shown = PICTURES.filter(({ ids }) => results.measurements.some(({ id }) => ids.test(id)));
  for (const { file, title, ids } of shown)
    await writeFile(join(pictures, `${file}.svg`), picture(title, ids, results));
  await writeFile(join(pictures, 'results.json'), `${JSON.stringify(results, null, 1)}\n`);
  await writeFile(join(dir, 'benchmark.md'), page(results, shown));
  const capacity = capacityPage(results);
  if (capacity !== undefined) await writeFile(join(dir, 'capacity.md'), capacity);
}

function picture(title: string, ids: RegExp, { measurements }: Results): string {
  const groups = TARGETS.filter(({ id }) => ids.test(id)).flatMap(({ id, title: name, unit }) => {
    const bars = measurements.filter((one) => one.id === id).map(barOf);
    return bars.length === 0 ? [] : [{ title: name, unit, bars }];
  });
  return barChart(title, groups);
}

const barOf = ({ system, value, low, high }: Measurement): Bar => ({
  label: system === 'redis-benchmark' ? 'LPUSH + RPOP' : system === 'fastify' ? 'bare Fastify' : TITLES[system],
  ...{ value, low, high },
  isOurs: system === 'prodwork',
});

function page(results: Results, pictures: readonly { readonly file: string; readonly title: string }[]): string {
  const { machine, versions, rounds, at, command, faults, leftOut } = results;
  const versionList = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const faultList = faults.map(
    (one) => `- ${one.scenario}, ${one.system}, round ${one.round + 1}: ${one.message.split('\n')[0]}`,
  );
  return [
    '# Benchmark',
    `Written by \`${command}\` on ${at.slice(0, 10)}: ${rounds} interleaved rounds on ${machine.cores} cores (${machine.cpu}), ${machine.memoryGiB} GiB, ${machine.system}. ${versionList.join(', ')}.`,
    '## Ratios',
    ratioTable(results),
    'A ratio is ours over theirs within one round, the median of the rounds; in brackets the lowest and the highest. It need not be the quotient of the two medians beside it: those may be of different rounds, and the machine is not as fast in each. Rates want a high one; latency, memory and CPU a low one.',
    '## Figures',
    figureTable(results),
    'Medians, in brackets the lowest and the highest round.',
    ...pictures.map(({ file, title }) => `![${title}](bench/${file}.svg)`),
    '## Runs that failed',
    faultList.length === 0 ? 'None: every job of every run ran exactly once.' : faultList.join('\n'),
    ...(leftOut.length === 0 ? [] : ['## Left out', leftOut.map((line) => `- ${line}`).join('\n')]),
    '## How it is measured',
    HOW,
    '',
  ].join('\n\n');
}

const { beforePaced, httpWarmMs } = sizesOf(false);
const HOW = `- Each run has a Redis of its own (AOF everysec, noeviction, no rewrite), one process that submits, one per worker. They share the machine, so rates are ratios first of all.
- Rounds interleave: all systems run a scenario one after the other, in turned order, before the next scenario.
- Jobs carry 120 bytes of JSON and a number. Handlers return at once and count their number; after each run every job must have run exactly once and the system must hold nothing unfinished, or the run's figures do not count.
- The first two fifths of each drain are not counted, nor the first fifth of what is submitted and of prodwork's short drains: connections are made and code is compiled then. Slower systems get fewer jobs; where CPU and disk are counted always 20,000 or more, so that trimming to the 10,000 that are kept is part of it.
- Latencies are taken when ${beforePaced.toLocaleString('en')} jobs have gone through the same two processes, requests a second after ${httpWarmMs / 1000} s of requests.
- prodwork runs as its users have it: the whole worker and the whole producer, defaults, log, events and metrics on, no prefetch. Only the limit of requests a second per caller is lifted for the HTTP figure, since one address sends them all.
- The peers' settings stand in one file, each with its reason: [test/bench/peers.ts](../test/bench/peers.ts). bee-queue cannot keep completed jobs by count, so it never trims; groupmq's submits are batched by its own option.
- CPU is what the processes used, from the operating system; it moves less than rates do. \`cycles.limit\` counts whole jobs, submit to result, per second of Redis CPU, against pairs of LPUSH and RPOP by redis-benchmark (50 clients, 64 in a pipeline): both where Redis is what limits, ours with bulk submits and two workers of 100 slots. \`cpu.redis\` is taken where it costs more: submits one by one, and one worker.
- \`drain.delayed10k\`: 10,000 jobs fall due at the same moment in front of a waiting worker. \`drain.backlog1m\`: the first 40,000 of 1,000,000.`;

const [BEGIN, END] = ['<!-- bench:begin -->', '<!-- bench:end -->'];

/** Puts the table of ratios between the README's marks, where it has them. */
export async function updateReadme(results: Results, file: string): Promise<void> {
  const readme = await readFile(file, 'utf8').catch(() => '');
  const [from, to] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (from < 0 || to < from) return;
  await writeFile(file, readme.slice(0, from) + readmeTable(results) + readme.slice(to));
}

/** What stands between the marks, with the first of them. */
export const readmeTable = (results: Results): string =>
  `${BEGIN}\n${shortTable(results)}\n\nPrinted by \`${results.command}\` on ${results.at.slice(0, 10)}, ${results.machine.cores} cores; a ratio is the median of those within each round; [all figures](docs/benchmark.md).\n`;
