import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { say } from './figures.ts';

/** What the probe saw in a span of time, epoch ms: the share of it for which a process that wanted a core waited for one. */
interface Wait {
  readonly from: number;
  readonly to: number;
  readonly share: number;
}

let probe: ChildProcess | undefined;
const waits: Wait[] = [];

/**
 * Runs the probe beside the tests of this file. It tells what the machine did from what prodwork did: on a busy one,
 * everything that is timed here also waits for a core.
 */
export function measureStalls(): void {
  beforeAll(() => {
    probe = spawn(process.execPath, [join(import.meta.dirname, 'fixture', 'stall-probe.mjs')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let rest = '';
    probe.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const [from = 0, to = 0, share = 0] = line.split(' ').map(Number);
        waits.push({ from, to, share });
      }
    });
  });
  afterAll(() => void probe?.kill());
}

/** How long a busy process waited for a core within this span, ms. */
export function stalledMs(from: number, to: number): number {
  const inside = waits.map((wait) => Math.max(0, Math.min(wait.to, to) - Math.max(wait.from, from)) * wait.share);
  return Math.round(inside.reduce((sum, ms) => sum + ms, 0));
}

/** One measurement: something began at `from` (epoch ms) and took `ms`. */
export interface Span {
  readonly from: number;
  readonly ms: number;
}

/**
 * Holds a bound of the fault table. What a busy process waited for a core within the span is added to the bound, and said: a
 * bound that was widened is seen to be.
 */
export function expectWithin(what: string, spans: readonly Span[], boundMs: number): void {
  for (const { from, ms } of spans) {
    const stalled = ms > boundMs ? stalledMs(from, from + ms) : 0;
    if (stalled > 0) say(`${what}: ${ms} ms, bound ${boundMs} ms and ${stalled} ms of waiting for a core`);
    expect(ms, `${what}, bound ${boundMs} ms, ${stalled} ms of waiting for a core`).toBeLessThanOrEqual(
      boundMs + stalled,
    );
  }
}
