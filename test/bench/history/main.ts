/**
 * Prints how fast finished jobs reach the history, and how long searches take over many rows. Private Redis and Postgres
 * of its own; nothing else is touched.
 *
 *     node --conditions=source test/bench/history/main.ts [--jobs 100000] [--rows 1000000] [--json FILE] [--page FILE]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { HistoryLab } from '../../support/history-lab.ts';
import { startPostgres } from '../../support/postgres-server.ts';
import { startRedis } from '../../support/redis-server.ts';
import { machine } from '../machine.ts';
import { archiveSpeed } from './archive-speed.ts';
import { fill } from './fill.ts';
import { figuresOf, type HistoryFigures, type Measurement, withFigures } from './page.ts';
import { searchTimes } from './search-times.ts';

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '100000' },
    rows: { type: 'string', default: '1000000' },
    json: { type: 'string' },
    page: { type: 'string' },
    as: { type: 'string', default: 'node --conditions=source test/bench/history/main.ts' },
  },
});
const [load = 0] = loadavg();
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
  const postgresVersion = String(versions[0]?.server_version).split(' ', 1).join();
  say(`${machine().cores} cores, Node ${process.version}, Postgres ${postgresVersion}`);
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
  const figures: HistoryFigures = {
    command: values.as,
    at: new Date().toISOString(),
    machine: machine(),
    load,
    postgres: postgresVersion,
    ...{ jobs, rows, measurements },
  };
  if (values.json) writeFileSync(values.json, `${JSON.stringify(figures, null, 2)}\n`);
  if (values.page) writeFileSync(values.page, withFigures(readFileSync(values.page, 'utf8'), figuresOf(figures)));
} finally {
  await lab.close();
  await Promise.all([redis.stop(), postgres.stop()]);
}
