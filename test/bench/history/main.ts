/**
 * Prints how fast finished jobs reach the history, and how long searches take over many rows. Private Redis and Postgres
 * of its own; nothing else is touched.
 *
 *     node --conditions=source test/bench/history/main.ts [--jobs 100000] [--rows 1000000] [--json FILE]
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { HistoryLab } from '../../support/history-lab.ts';
import { startPostgres } from '../../support/postgres-server.ts';
import { startRedis } from '../../support/redis-server.ts';
import { archiveSpeed } from './archive-speed.ts';
import { fill } from './fill.ts';
import { searchTimes } from './search-times.ts';

export interface Measurement {
  readonly id: string;
  readonly value: number;
  readonly unit: string;
  readonly detail?: string;
}

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '100000' },
    rows: { type: 'string', default: '1000000' },
    json: { type: 'string' },
  },
});
const jobs = Number(values.jobs);
const rows = Number(values.rows);
const say = (text: string): boolean => process.stderr.write(`${text}\n`);

const redis = await startRedis();
// fsync stays on: a figure without it would be about nothing that anybody runs.
const postgres = await startPostgres({ fsync: 'on', shared_buffers: '512MB', max_wal_size: '4GB' });
const lab = await HistoryLab.open({ redisUrl: redis.url, postgresUrl: await postgres.create('bench') });
try {
  await lab.isMigrated();
  const { rows: versions } = await postgres.admin.query('show server_version');
  say(`${cpus().length} cores, Node ${process.version}, Postgres ${String(versions[0]?.server_version)}`);
  const measurements: Measurement[] = [];
  const note = (...more: readonly Measurement[]): void => {
    for (const { id, value, unit, detail } of more) {
      process.stdout.write(
        `${id.padEnd(34)} ${value.toLocaleString('en').padStart(12)} ${unit}${detail ? `  (${detail})` : ''}\n`,
      );
    }
    measurements.push(...more);
  };
  say(`finishing ${jobs.toLocaleString('en')} jobs, then archiving them`);
  note(...(await archiveSpeed(lab, jobs)));
  say(`filling the history up to ${rows.toLocaleString('en')} rows`);
  note(...(await fill(lab, rows, say)));
  note(...(await searchTimes(lab)));
  if (values.json) writeFileSync(values.json, `${JSON.stringify({ jobs, rows, measurements }, null, 2)}\n`);
} finally {
  await lab.close();
  await Promise.all([redis.stop(), postgres.stop()]);
}
