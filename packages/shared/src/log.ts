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
const IS_UNSAFE = new RegExp(UNSAFE.source);
export const oneLine = (text: string): string =>
  !IS_UNSAFE.test(text)
    ? text
    : text.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

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

let [formattedMs, formatted] = [0, ''];

/** Printing a time costs as much as the rest of a line, and the lines of a busy worker share theirs. */
function jsonTime(): string {
  const now = Date.now();
  if (now !== formattedMs) [formattedMs, formatted] = [now, `,"time":"${new Date(now).toISOString()}"`];
  return formatted;
}

/** Who did what with which job, in words; every other field follows as it is. */
export function sentence(event: Readonly<Record<string, unknown>>, messageKey: string): string {
  const { workerId, jobId, type } = event;
  const words = [workerId === undefined ? '' : `${workerId}:`, event[messageKey] ?? '', jobId ?? '', type ?? ''];
  return oneLine(words.filter((word) => word !== '').join(' '));
}

export function createLog(options: LogOptions): Log {
  const base = {
    name: options.name,
    level: options.level,
    serializers: { err: errorSerializer },
    hooks: {
      logMethod(this: Logger, args: unknown[], method: (...args: never[]) => void) {
        for (let at = 0; at < args.length; at++) {
          const arg = args[at];
          if (typeof arg === 'string') args[at] = oneLine(arg);
        }
        method.apply(this, args as never[]);
      },
    },
  };
  if (options.format === 'json') return pino({ ...base, timestamp: jsonTime }, standardOutput());
  return pino(
    base,
    pretty({
      colorize: false,
      sync: true,
      ignore: 'pid,hostname,name,workerId,jobId,type',
      messageFormat: sentence,
      translateTime: 'SYS:HH:MM:ss.l',
      singleLine: true,
      errorLikeObjectKeys: ['err'],
    }),
  );
}

/** Where a log writes to: pino calls `flushSync` after a fatal line. */
export interface LineSink {
  write(line: string): void;
  flushSync(): void;
}

/** What takes the text in the end. */
export interface TextTarget {
  write(text: string): unknown;
  flushSync(): void;
}

/** Two writes are at least this far apart, ms. */
const WRITE_EVERY_MS = 10;

/**
 * Hands lines on together: those of one turn of the event loop, and of `WRITE_EVERY_MS` when there are many. A busy worker
 * writes thousands a second, and each write costs more than a line. A `kill -9` can take what came that lately.
 */
export function batchedLines(target: TextTarget): LineSink {
  let text = '';
  let writtenAt = Number.NEGATIVE_INFINITY;
  const handOn = (): void => {
    if (text === '') return;
    const lines = text;
    text = '';
    writtenAt = performance.now();
    target.write(lines);
  };
  return {
    write(line) {
      if (text === '') {
        if (performance.now() - writtenAt < WRITE_EVERY_MS) setTimeout(handOn, WRITE_EVERY_MS);
        else setImmediate(handOn);
      }
      text += line;
    },
    flushSync() {
      handOn();
      target.flushSync();
    },
  };
}

let stdout: LineSink | undefined;

/** The lines of this process on its standard output, one sink for all logs, written out before it ends. */
function standardOutput(): LineSink {
  if (stdout === undefined) {
    const sink = batchedLines(pino.destination({ dest: 1, sync: false }));
    // Before pino's own listener, which closes the destination.
    process.prependListener('exit', () => {
      try {
        sink.flushSync();
      } catch {
        // Standard output is closed: there is nobody left to tell.
      }
    });
    stdout = sink;
  }
  return stdout;
}

/**
 * Says the same of one thing after another, as `log.info` would, for a fraction of the work: what no line changes is put
 * together once. For an event that comes with every job.
 * @param fields names of what does change; the lines' values come in this order.
 */
export function repeatedInfo(
  log: Log,
  message: string,
  fields: readonly string[],
): (...values: readonly (string | number)[]) => void {
  const sink = stdout;
  // Any other log goes its own way; `pretty` and the level are decided when a log is made.
  if (sink === undefined || Reflect.get(log, pino.symbols.streamSym) !== sink || !log.isLevelEnabled('info')) {
    return (...values) => log.info(Object.fromEntries(fields.map((field, at) => [field, values[at]])), message);
  }
  const level = `{"level":${pino.levels.values.info}`;
  const bindings: unknown = Reflect.get(log, pino.symbols.chindingsSym);
  const names = fields.map((field) => `,${JSON.stringify(field)}:`);
  const end = `,"msg":${JSON.stringify(message)}}\n`;
  return (...values) => {
    let line = level + jsonTime() + bindings;
    let at = 0;
    for (const value of values) line += `${names[at++]}${typeof value === 'number' ? value : JSON.stringify(value)}`;
    sink.write(line + end);
  };
}
