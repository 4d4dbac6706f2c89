import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = '/sys/fs/cgroup';

/** A memory limit for processes, as a container has one. */
export class MemoryLimit {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @returns undefined where this process may not make one */
  static make(bytes: number): MemoryLimit | undefined {
    for (const [parent, file] of candidates()) {
      const folder = join(parent, `prodwork-chaos-${process.pid}`);
      try {
        mkdirSync(folder);
        writeFileSync(join(folder, file), String(bytes));
        return new MemoryLimit(folder);
      } catch {
        remove(folder);
      }
    }
    return undefined;
  }

  add(pid: number): void {
    writeFileSync(join(this.#folder, 'cgroup.procs'), String(pid));
  }

  remove(): void {
    remove(this.#folder);
  }
}

/** Where a group may be made, with the name of its limit: version 1 first, since a machine may have both. */
function candidates(): readonly (readonly [string, string])[] {
  const own = readFileSync('/proc/self/cgroup', 'utf8');
  const memory = /^\d+:memory:(.*)$/m.exec(own)?.[1];
  const unified = /^0::(.*)$/m.exec(own)?.[1] ?? '/';
  return [
    ...(memory === undefined
      ? []
      : [
          [join(ROOT, 'memory', memory), 'memory.limit_in_bytes'] as const,
          [join(ROOT, 'memory'), 'memory.limit_in_bytes'] as const,
        ]),
    [join(ROOT, unified), 'memory.max'],
  ].flatMap(([folder, file]) => (folder && file && existsSync(folder) ? [[folder, file] as const] : []));
}

function remove(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Not made, or a process is still in it.
  }
}
