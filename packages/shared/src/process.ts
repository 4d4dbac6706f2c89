import type { Log } from './log.ts';
import type { Service } from './service.ts';

/** Exit codes of every prodwork process. 78 is EX_CONFIG of sysexits.h. */
export const EXIT = { ok: 0, failed: 1, config: 78 } as const;

export interface RunOptions {
  readonly log: Log;
  readonly service: Service;
  /** Longest time from the first signal to the exit, ms. Past it the process exits 1 and says so. */
  readonly stopWithinMs: number;
  /** Resolves when the service finds that it cannot go on: it is stopped, and the process exits 1. */
  readonly failed?: Promise<Error>;
}

/**
 * Starts a service, stops it on SIGTERM or SIGINT, and exits: 0 after a clean stop, 1 when it failed to start, threw
 * where nobody caught it, or did not stop in time. The only place with signal handlers and `process.exit`.
 * A second signal exits at once.
 */
export async function run({ log, service, stopWithinMs, failed }: RunOptions): Promise<void> {
  let isStopping = false;
  const stop = async (why: string, code: number): Promise<void> => {
    if (isStopping) {
      if (why.startsWith('SIG')) process.exit(EXIT.failed);
      return;
    }
    isStopping = true;
    log.info({ why }, 'stopping');
    setTimeout(() => {
      log.error({ stopWithinMs }, 'did not stop in time');
      process.exit(EXIT.failed);
    }, stopWithinMs).unref();
    try {
      await service.stop();
      log.info('stopped');
      log.flush?.();
      process.exit(code);
    } catch (err) {
      log.error({ err }, 'stop failed');
      process.exit(EXIT.failed);
    }
  };
  process.on('SIGTERM', () => void stop('SIGTERM', EXIT.ok));
  process.on('SIGINT', () => void stop('SIGINT', EXIT.ok));
  process.on('uncaughtException', (err) => {
    log.fatal({ err }, 'uncaught exception');
    void stop('uncaught exception', EXIT.failed);
  });
  process.on('unhandledRejection', (err) => {
    log.fatal({ err }, 'unhandled rejection');
    void stop('unhandled rejection', EXIT.failed);
  });
  void failed?.then((err) => {
    log.fatal({ err }, 'cannot go on');
    return stop('failed', EXIT.failed);
  });
  try {
    await service.start();
  } catch (err) {
    if (isStopping) return;
    log.fatal({ err }, 'could not start');
    process.exit(EXIT.failed);
  }
}

/** Leaves at once; for faults found before there is anything to stop. */
export function exitWith(code: number, message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}
