import type { ResultOf } from 'prodwork/job/define-job';
import { handle, PermanentError } from 'prodwork/job/handle';
import { backup as definition } from 'prodwork/jobs/backup';
import { openPostgres } from 'prodwork/postgres/pool';
import type { BackupSetup, BackupTarget } from '../backup/config.ts';
import { countRows } from '../backup/count-rows.ts';
import { type Dump, dumpTo } from '../backup/dump.ts';
import { readBack } from '../backup/read-back.ts';
import { type Evidence, Shelf } from '../backup/shelf.ts';

const COUNT_WITHIN_MS = 600_000;
const HEARTBEAT_WITHIN_MS = 10_000;

type Result = ResultOf<typeof definition>;

/** Dumps databases that the operator has listed; done only when the dump was read back and holds what the database held. */
export function backupHandler(setup: BackupSetup) {
  const targetOf = (database: string): BackupTarget => {
    const target = setup.targets.get(database);
    if (target === undefined)
      throw new PermanentError(`no database ${JSON.stringify(database)} in the operator's list`);
    return target;
  };

  return handle(definition, {
    async run({ database }, { signal, fence, progress, log }) {
      const target = targetOf(database);
      const shelf = new Shelf(target);
      await shelf.sweep(Date.now());
      const file = shelf.nameOf(Date.now(), fence);
      try {
        const { dump, tables } = await dumpWithCounts(setup.pgDump, target, shelf.partOf(file), signal);
        progress(50);
        log.info({ database, bytes: dump.bytes }, 'dump written, now read back');
        return { database, file, ...dump, tables };
      } catch (error) {
        await shelf.discard(file);
        throw error;
      }
    },

    async verify(result, { signal, log }) {
      const target = targetOf(result.database);
      const shelf = new Shelf(target);
      try {
        const evidence = await check(result, target, shelf, signal);
        await shelf.accept(evidence);
        const heartbeat = await beat(target.heartbeatUrl);
        if (heartbeat === 'failed')
          log.warn({ database: result.database }, 'the backup is good, but its heartbeat could not be sent');
        return { ...evidence, ...(heartbeat === undefined ? {} : { heartbeat }) };
      } catch (error) {
        await shelf.discard(result.file);
        throw error;
      }
    },
  });
}

/** Both from one snapshot: what changes meanwhile is in neither. */
async function dumpWithCounts(
  pgDump: string,
  target: BackupTarget,
  path: string,
  signal: AbortSignal,
): Promise<{ dump: Dump; tables: Record<string, number> }> {
  const postgres = openPostgres({
    url: target.url,
    name: 'prodwork backup',
    max: 1,
    statementTimeoutMs: COUNT_WITHIN_MS,
  });
  const cut = () => void postgres.close();
  signal.addEventListener('abort', cut);
  try {
    return await postgres.connection(async (session) => {
      await session.query('set idle_in_transaction_session_timeout = 0');
      await session.query('begin isolation level repeatable read, read only');
      const { rows } = await session.query('select pg_export_snapshot() as snapshot');
      const tables = await countRows(session);
      const dump = await dumpTo(path, { pgDump, url: target.url, snapshot: String(rows[0]?.snapshot), signal });
      await session.query('commit');
      return { dump, tables };
    });
  } finally {
    signal.removeEventListener('abort', cut);
    await postgres.close();
  }
}

/** @throws Error that names the check which the dump did not pass. */
async function check(result: Result, target: BackupTarget, shelf: Shelf, signal: AbortSignal): Promise<Evidence> {
  const found = await readBack(shelf.partOf(result.file), signal);
  if (!found.hasFooter) throw new Error('the dump has no end: pg_dump did not finish it');
  if (found.sha256 !== result.sha256) throw new Error('what is on disk is not what pg_dump wrote');
  for (const [table, rows] of Object.entries(result.tables)) {
    const dumped = found.tables.get(table);
    if (dumped !== rows)
      throw new Error(`${table} has ${rows} rows in the database and ${dumped ?? 'none'} in the dump`);
  }
  const rows = Object.values(result.tables).reduce((sum, one) => sum + one, 0);
  if (rows === 0 && !target.mayBeEmpty) throw new Error('there is not one row in it (mayBeEmpty allows that)');
  const last = await shelf.last();
  if (last && found.dumpBytes < last.dumpBytes * target.leastShare) {
    throw new Error(
      `${found.dumpBytes} bytes are less than ${target.leastShare} of the last one (${last.dumpBytes}): leastShare`,
    );
  }
  const { file, bytes, dumpBytes, sha256 } = result;
  return { file, at: Date.now(), bytes, dumpBytes, sha256, tables: Object.keys(result.tables).length, rows };
}

async function beat(url: string | undefined): Promise<'sent' | 'failed' | undefined> {
  if (url === undefined) return undefined;
  const answer = await fetch(url, { signal: AbortSignal.timeout(HEARTBEAT_WITHIN_MS) }).catch(() => undefined);
  await answer?.body?.cancel();
  return answer?.ok ? 'sent' : 'failed';
}
