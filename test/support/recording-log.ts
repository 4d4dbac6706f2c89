import { createLog, type Log } from 'prodwork/log';

/** A log that keeps what is written, for tests that read it. */
export function recordingLog(): { readonly log: Log; readonly lines: () => readonly string[] } {
  const kept: string[] = [];
  const silent = createLog({ name: 'test', level: 'silent', format: 'json' });
  const log = silent.child(
    {},
    {
      level: 'trace',
    },
  );
  for (const level of ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const) {
    log[level] = (...parts: unknown[]) => {
      kept.push(parts.map((part) => (typeof part === 'string' ? part : JSON.stringify(part))).join(' '));
    };
  }
  return { log, lines: () => kept };
}
