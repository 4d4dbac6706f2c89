import { readFile } from 'node:fs/promises';

/** Clock ticks of /proc, per second: the same on every Linux that Node runs on. */
const TICKS = 100;

export interface Usage {
  readonly cpuMs: number;
  readonly rssBytes: number;
  readonly peakBytes: number;
}

/** What the system says of a process of this machine. Linux alone tells it without help. */
export async function usageOf(pid: number): Promise<Usage> {
  const [stat, status] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8'),
    readFile(`/proc/${pid}/status`, 'utf8'),
  ]);
  // The command stands in brackets and may hold blanks; user and system time are fields 14 and 15.
  const fields = stat.replace(/^.*\) /s, '').split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  const kib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024;
  return { cpuMs: (ticks / TICKS) * 1000, rssBytes: kib('VmRSS'), peakBytes: kib('VmHWM') };
}
