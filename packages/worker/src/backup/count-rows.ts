import type { Session } from 'prodwork/postgres/pool';

/** Tables whose rows `pg_dump` writes, named as it names them. */
const TABLES = `
  select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'r' and c.relpersistence <> 't'
    and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
    and not exists (
      select from pg_depend d
      where d.deptype = 'e' and ((d.classid = 'pg_class'::regclass and d.objid = c.oid)
        or (d.classid = 'pg_namespace'::regclass and d.objid = n.oid)))
  order by 1`;

/** Counts every table inside the caller's transaction: what the dump of the same snapshot must hold. */
export async function countRows(session: Session): Promise<Record<string, number>> {
  const { rows } = await session.query(TABLES);
  const counts: Record<string, number> = {};
  for (const { name } of rows) {
    // The name comes quoted from the catalogue itself.
    const counted = await session.query(`select count(*) as rows from only ${String(name)}`);
    counts[String(name)] = Number(counted.rows[0]?.rows);
  }
  return counts;
}
