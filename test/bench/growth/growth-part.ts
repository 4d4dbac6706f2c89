import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { machine, versions } from '../machine.ts';
import type { BenchOptions } from '../options.ts';
import type { Surroundings } from '../peers-part.ts';
import type { Growth } from './curve.ts';
import { growPayload, growQueues, growWaiting, growWorkers } from './grow.ts';
import { growthTable, writeGrowth } from './page.ts';

/** How cost grows. @returns the exit code: a lost job ends it with an error. */
export async function growthPart(
  options: BenchOptions,
  { root, command, say, isStopping }: Surroundings,
): Promise<number> {
  const { isQuick, only } = options;
  const all = { waiting: growWaiting, workers: growWorkers, queues: growQueues, payload: growPayload };
  const growths: Growth[] = [];
  for (const [id, grow] of Object.entries(all)) {
    if (isStopping()) return 1;
    if (only.length > 0 && !only.includes(id)) continue;
    const growth = await grow({ isQuick, say, isStopping });
    growths.push(growth);
    process.stdout.write(`${growth.title}\n\n${growthTable(growth)}\n\n`);
  }
  const about = { command, at: new Date().toISOString(), machine: machine() };
  if (options.json !== undefined) {
    await writeFile(options.json, `${JSON.stringify({ ...about, versions: versions(), growths }, null, 1)}\n`);
  }
  const docs = options.docs ?? (isQuick ? undefined : join(root, 'docs'));
  if (docs !== undefined) await writeGrowth(growths, docs, about);
  return 0;
}
