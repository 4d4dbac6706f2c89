import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 100;
const REPORT_EVERY_MS = 10_000;

/**
 * Waits until the producer says that it accepts jobs, for as long as that takes, and says what it waits for.
 * @param url the producer's base URL
 * @throws the signal's reason when it is aborted
 */
export async function untilReady(url: string, say: (text: string) => void, signal: AbortSignal): Promise<void> {
  let reportAt = Date.now() + REPORT_EVERY_MS;
  for (;;) {
    signal.throwIfAborted();
    const answer = await ask(`${url}/readyz`);
    if (answer === 200) return;
    if (Date.now() >= reportAt) {
      say(`still waiting for the producer: ${url}/readyz ${typeof answer === 'number' ? `answers ${answer}` : answer}`);
      reportAt = Date.now() + REPORT_EVERY_MS;
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
}

async function ask(url: string): Promise<number | string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.status;
  } catch {
    return 'does not answer';
  }
}
