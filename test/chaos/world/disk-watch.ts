import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import type { ChaosRedis } from './chaos-redis.ts';

/**
 * Knows how much of Redis's append-only file had reached the disk: it watches the server's own `write` and `fdatasync`
 * calls from outside (strace), in their order. A power cut is then the file cut back to what stood in it when the last
 * completed `fdatasync` began.
 */
export class DiskWatch {
  readonly #redis: ChaosRedis;
  readonly #traceFile: string;
  #tracer: ChildProcess | undefined;
  #startBytes = 0;
  #descriptor = '';

  constructor(redis: ChaosRedis, traceFile: string) {
    this.#redis = redis;
    this.#traceFile = traceFile;
  }

  /** Attach while nobody writes. */
  async start(): Promise<void> {
    this.#descriptor = this.#findDescriptor();
    this.#startBytes = statSync(this.#incrFile()).size;
    const calls = ['-e', 'trace=write,fdatasync,fsync', '-s', '0'];
    const tracer = spawn('strace', ['-f', '-p', String(this.#redis.pid), '-o', this.#traceFile, ...calls], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#tracer = tracer;
    // It says "attached" when it sees every call.
    await Promise.race([
      once(tracer.stderr, 'data'),
      once(tracer, 'exit').then(() => Promise.reject(new Error('strace may not watch Redis'))),
    ]);
  }

  /** Redis and the power are gone. @returns how many bytes of the log went with them */
  async cutPower(): Promise<number> {
    await this.#redis.end('SIGKILL');
    if (this.#tracer && this.#tracer.exitCode === null) await once(this.#tracer, 'exit');
    const durable = this.#startBytes + durableBytes(readFileSync(this.#traceFile, 'utf8'), this.#descriptor);
    const file = this.#incrFile();
    const { size } = statSync(file);
    truncateSync(file, Math.min(size, durable));
    return Math.max(0, size - durable);
  }

  #incrFile(): string {
    const folder = join(this.#redis.dir, 'appendonlydir');
    const name = readdirSync(folder).find((entry) => entry.endsWith('.incr.aof'));
    if (name === undefined) throw new Error('Redis has no append-only file');
    return join(folder, name);
  }

  #findDescriptor(): string {
    const folder = `/proc/${this.#redis.pid}/fd`;
    const found = readdirSync(folder).find((fd) => readlinkSync(`${folder}/${fd}`).endsWith('.incr.aof'));
    if (found === undefined) throw new Error('Redis has not opened its append-only file');
    return found;
  }
}

/** Bytes written to `descriptor` before the beginning of its last `fdatasync` that came back. */
export function durableBytes(trace: string, descriptor: string): number {
  let written = 0;
  let durable = 0;
  const begun = new Map<string, { readonly call: string; readonly atBytes: number }>();
  for (const line of trace.split('\n')) {
    const [, thread = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const unfinished = new RegExp(`^(write|fdatasync|fsync)\\(${descriptor}[,) ].*<unfinished`).exec(rest);
    if (unfinished?.[1]) {
      begun.set(thread, { call: unfinished[1], atBytes: written });
      continue;
    }
    const resumed = /^<\.\.\. (write|fdatasync|fsync) resumed>.*= (-?\d+)/.exec(rest);
    const whole = new RegExp(`^(write|fdatasync|fsync)\\(${descriptor}[,) ].*= (-?\\d+)`).exec(rest);
    const call = resumed ? begun.get(thread)?.call : whole?.[1];
    const result = Number((resumed ?? whole)?.[2] ?? -1);
    if (call === undefined || result < 0) continue;
    if (call === 'write') written += result;
    else durable = Math.max(durable, resumed ? (begun.get(thread)?.atBytes ?? 0) : written);
    begun.delete(thread);
  }
  return durable;
}

/** Why the disk cannot be watched here; undefined when it can. */
export function cannotWatch(): string | undefined {
  try {
    execFileSync('strace', ['-o', '/dev/null', 'true'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'needs strace and the right to trace: that is how the last fsync is known';
  }
}
