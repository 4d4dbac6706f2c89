import { type Logger, pino, stdSerializers } from 'pino';
import pretty from 'pino-pretty';

/** Structured log: events with fixed field names (`jobId type queue attempt workerId durationMs`); payloads never. */
export type Log = Logger;

export interface LogOptions {
  readonly name: string;
  readonly level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  /** `json` for machines; `pretty` is one readable line an event. */
  readonly format: 'json' | 'pretty';
}

/** A line of log must stay one line, whatever a caller put into a name: control and bidi characters are escaped. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
export const oneLine = (text: string): string =>
  text.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

/**
 * ioredis puts every argument of a failed command on its errors: payloads do not belong in a log. Messages may hold a
 * caller's words, and the stack repeats them: only the line ends of the stack itself are left.
 */
function errorSerializer(error: Error): object {
  const { command, message, stack, ...rest } = stdSerializers.err(error) as {
    command?: unknown;
    message: string;
    stack: string;
  };
  const lines = stack.replaceAll(message, oneLine(message)).split('\n').map(oneLine);
  return { ...rest, message: oneLine(message), stack: lines.join('\n') };
}

export function createLog(options: LogOptions): Log {
  const base = {
    name: options.name,
    level: options.level,
    serializers: { err: errorSerializer },
    hooks: {
      logMethod(this: Logger, args: unknown[], method: (...args: never[]) => void) {
        const safe = args.map((arg) => (typeof arg === 'string' ? oneLine(arg) : arg));
        method.apply(this, safe as never[]);
      },
    },
  };
  if (options.format === 'json') return pino({ ...base, timestamp: () => `,"time":"${new Date().toISOString()}"` });
  return pino(
    base,
    pretty({
      colorize: false,
      sync: true,
      ignore: 'pid,hostname,name',
      translateTime: 'SYS:HH:MM:ss.l',
      singleLine: true,
      errorLikeObjectKeys: ['err'],
    }),
  );
}
