import { Client } from './client.ts';
import { containersOf, must } from './docker.ts';
import { say } from './figures.ts';
import { judge, newLedger } from './ledger.ts';
import { until } from './wait.ts';

/** Nothing left of an earlier stack: containers, network, volumes. */
export async function removeStack(): Promise<void> {
  await must('docker compose --profile "*" down --volumes --remove-orphans --timeout 20');
}

/** A new stack with empty volumes, its images built beforehand; resolves when every service is healthy. */
export async function freshStack({ workers = 3, producers = 2, env = {} } = {}): Promise<Client> {
  await removeStack();
  newLedger();
  await must(`docker compose up -d --wait --no-build --scale worker=${workers} --scale producer=${producers}`, env);
  say(`a new stack: ${workers} workers, ${producers} producers`);
  return Client.open();
}

/** Waits until each of these jobs has its commit in the books. Says how many are left. */
export async function drained(accepted: readonly string[], withinMs = 120_000): Promise<void> {
  let saidAt = Date.now();
  await until(
    'every accepted job was committed',
    () => {
      const left = judge(accepted).uncommitted.length;
      if (left > 0 && Date.now() - saidAt > 5_000) {
        say(`${left} jobs left`);
        saidAt = Date.now();
      }
      return left === 0;
    },
    withinMs,
  );
}

export async function workerNames(): Promise<string[]> {
  return (await containersOf('worker')).map(({ name }) => name);
}

/** Longest time during which none of `ids` was started by this worker, ms; the ends of the span count. */
export function longestPause(startTimes: readonly number[], from: number, to: number): number {
  const times = [from, ...startTimes.filter((at) => at > from && at < to).sort((a, b) => a - b), to];
  return Math.max(...times.slice(1).map((at, index) => at - (times[index] ?? at)));
}
