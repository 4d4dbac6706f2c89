import type { MessagePort } from 'node:worker_threads';

/** Numbers per segment: its marks stay in the processor's cache. */
const SEGMENT = 1 << 18;

/** Marks of the odd numbers: index i stands for 2i + 1. */
function smallOddPrimes(limit: number): number[] {
  const composite = new Uint8Array((limit >> 1) + 1);
  const primes: number[] = [];
  for (let n = 3; n <= limit; n += 2) {
    if (composite[n >> 1]) continue;
    primes.push(n);
    for (let multiple = n * n; multiple <= limit; multiple += 2 * n) composite[multiple >> 1] = 1;
  }
  return primes;
}

export interface PrimesTask {
  readonly upTo: number;
  /** Is sent the share that is done, 0 to 100. */
  readonly port?: MessagePort;
}

/** Counts the primes from 2 to `upTo` with a segmented sieve: memory for one segment, whatever the bound. */
export default function countPrimes({ upTo, port }: PrimesTask): { count: number; largest: number } {
  const primes = smallOddPrimes(Math.floor(Math.sqrt(upTo)));
  const composite = new Uint8Array(SEGMENT >> 1);
  let count = 1;
  let largest = 2;
  for (let low = 0, done = 0; low <= upTo; low += SEGMENT) {
    composite.fill(0);
    const high = Math.min(low + SEGMENT - 1, upTo);
    for (const prime of primes) {
      if (prime * prime > high) break;
      const first = Math.max(prime * prime, Math.ceil(low / prime) * prime);
      for (let n = first % 2 === 0 ? first + prime : first; n <= high; n += 2 * prime) composite[(n - low) >> 1] = 1;
    }
    for (let n = low === 0 ? 3 : low + 1; n <= high; n += 2) {
      if (composite[(n - low) >> 1]) continue;
      count++;
      largest = n;
    }
    const percent = Math.floor((high / upTo) * 100);
    if (percent === done) continue;
    done = percent;
    port?.postMessage(percent);
  }
  return { count, largest };
}
