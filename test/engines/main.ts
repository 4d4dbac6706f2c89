/**
 * `npm run test:engines`: the conformance suite for every engine on every supported server, alone, over TLS, behind
 * Sentinel with a failover, and on a Cluster with a slot moved under load. Prints the matrix and what was measured.
 * `npm run test:engines -- --server redis-8 --topology cluster --engine lease` runs a part of it.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { runForReport } from '../../compose/run/checks/suite.ts';
import { totalsLine } from '../../compose/run/checks/totals.ts';
import { readOptions } from './options.ts';
import { figureLines, forgetFigures } from './report/figures.ts';
import { type Cell, cellsOf, matrixLines, sum } from './report/matrix.ts';
import { type FoundServer, findServer } from './servers/find.ts';

const HERE = import.meta.dirname;
const STATE = join(HERE, '..', '..', '.prodwork', 'engines');
const say = (text: string): void => void process.stdout.write(`prodwork: ${text}\n`);

async function main(args: readonly string[]): Promise<number> {
  const { servers, topologies, engines } = readOptions(args);
  mkdirSync(STATE, { recursive: true });
  process.env.ENGINES_FIGURES = join(STATE, 'figures.jsonl');
  forgetFigures();

  const found: FoundServer[] = [];
  const missing: string[] = [];
  for (const release of servers) {
    const server = await findServer(release, STATE, say);
    if (typeof server === 'string') missing.push(`${release.id} (${server})`);
    else found.push(server);
  }

  const cells: Cell[] = [];
  const files = engines.map((engine) => `suite/${engine}.test.ts`);
  for (const { path, title } of found) {
    for (const topology of topologies) {
      say(`${title}, ${topology}`);
      const env = { REDIS_SERVER_BIN: path, ENGINES_TOPOLOGY: topology, ENGINES_CELL: `${title} ${topology}` };
      const config = ['--config', join(HERE, 'vitest.config.ts')];
      const { report } = await runForReport([...config, ...files], { ...process.env, ...env });
      cells.push(...cellsOf(report, engines, { server: title, topology }));
    }
  }

  process.stdout.write(`\n${figureLines().join('\n')}\n\n${matrixLines(cells).join('\n')}\n\n`);
  // A server that cannot be had leaves a hole in the matrix: that is no success.
  for (const server of missing) say(`left out, and counted as failed: ${server}`);
  const { passed, failed, skipped } = sum(cells);
  const totals = { passed, failed: failed + missing.length, skipped };
  process.stdout.write(`${totalsLine(totals)}\n`);
  return totals.failed === 0 ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
