import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BackupTarget } from './config.ts';

/** Longer than any attempt may run. */
const ABANDONED_MS = 24 * 3_600_000;

/** What is remembered of a good backup, in a file beside it. */
export interface Evidence {
  readonly file: string;
  readonly at: number;
  readonly bytes: number;
  readonly dumpBytes: number;
  readonly sha256: string;
  readonly tables: number;
  readonly rows: number;
}

/** The folder of one database's backups: `<database>-<time>-<fence>.sql.gz`, good ones alone; unchecked ones end in `.part`. */
export class Shelf {
  readonly #target: BackupTarget;

  constructor(target: BackupTarget) {
    this.#target = target;
  }

  /** A new name: the fence keeps two deliveries of one job apart, and the time puts names in order. */
  nameOf(at: number, fence: number): string {
    const stamp = new Date(at).toISOString().replace(/[-:.Z]/g, '');
    return `${this.#target.database}-${stamp}-${fence}.sql.gz`;
  }

  pathOf(file: string): string {
    return join(this.#target.folder, file);
  }

  partOf(file: string): string {
    return `${this.pathOf(file)}.part`;
  }

  async last(): Promise<Evidence | undefined> {
    const newest = (await this.#good()).at(-1);
    if (newest === undefined) return undefined;
    const text = await readFile(this.pathOf(`${newest}.json`), 'utf8').catch(() => undefined);
    const value: unknown = text === undefined ? undefined : JSON.parse(text);
    return isEvidence(value) ? value : undefined;
  }

  /** From now on it counts as a backup: last of all the name changes. */
  async accept(evidence: Evidence): Promise<void> {
    const { file } = evidence;
    await writeFile(this.pathOf(`${file}.json`), `${JSON.stringify(evidence)}\n`, { mode: 0o600 });
    await rename(this.partOf(file), this.pathOf(file));
    for (const old of (await this.#good()).slice(0, -this.#target.keep)) {
      await rm(this.pathOf(old), { force: true });
      await rm(this.pathOf(`${old}.json`), { force: true });
    }
  }

  async discard(file: string): Promise<void> {
    await rm(this.partOf(file), { force: true });
  }

  /** Removes what workers that were killed left behind: nothing writes to a file for this long. */
  async sweep(now: number): Promise<void> {
    const { database, folder } = this.#target;
    for (const file of await readdir(folder).catch(() => [])) {
      if (!file.startsWith(`${database}-`) || !file.endsWith('.part')) continue;
      const { mtimeMs } = await stat(this.pathOf(file)).catch(() => ({ mtimeMs: now }));
      if (now - mtimeMs > ABANDONED_MS) await rm(this.pathOf(file), { force: true });
    }
  }

  async #good(): Promise<readonly string[]> {
    const { database, folder } = this.#target;
    const name = new RegExp(`^${database}-\\d{8}T\\d{9}-\\d+\\.sql\\.gz$`);
    return (await readdir(folder).catch(() => [])).filter((file) => name.test(file)).sort();
  }
}

function isEvidence(value: unknown): value is Evidence {
  return typeof value === 'object' && value !== null && 'dumpBytes' in value && typeof value.dumpBytes === 'number';
}
