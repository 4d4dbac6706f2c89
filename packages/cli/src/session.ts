import { ProdworkClient } from 'prodwork/client';

/** Exit codes: 0 done; 1 refused, failed or not found; 2 wrong usage; 3 the producer did not answer. */
export const EXIT_CODES = { ok: 0, failed: 1, usage: 2, noAnswer: 3 } as const;

/** What was typed cannot be followed; the message is for the person who typed it. */
export class UsageError extends Error {}

export interface GlobalOptions {
  readonly url: string;
  readonly token?: string;
  readonly json?: boolean;
  readonly queue?: string;
}

/** What every command needs: the API, and where its words go. */
export interface Session {
  readonly client: ProdworkClient;
  readonly queue: string | undefined;
  readonly isJson: boolean;
  /** Words for people; nothing with --json. */
  say(text: string): void;
  /** The answer: one JSON text with --json, else what `words` makes of it. */
  answer<T>(value: T, words: (value: T) => string): void;
  /** A line that is written over, on a terminal; nothing elsewhere. */
  progress(text: string): void;
  /** As `progress`; where there is no terminal, a line of its own beside the answer. For steps that take long. */
  step(text: string): void;
}

export function openSession(options: GlobalOptions, out: NodeJS.WriteStream, err: NodeJS.WriteStream): Session {
  const isJson = options.json === true;
  if (!/^https?:\/\//.test(options.url) || !URL.canParse(options.url))
    throw new UsageError(`--url ${JSON.stringify(options.url)} is no address; it looks like http://localhost:5000`);
  let isOpen = false;
  const clear = (): void => {
    if (isOpen) err.write('\r\u001b[K');
    isOpen = false;
  };
  const progress = (text: string): void => {
    if (isJson || !err.isTTY) return;
    err.write(`\r\u001b[K${text}`);
    isOpen = true;
  };
  return {
    client: new ProdworkClient({
      url: options.url,
      ...(options.token === undefined || options.token === '' ? {} : { token: options.token }),
    }),
    queue: options.queue,
    isJson,
    say(text) {
      clear();
      if (!isJson) out.write(`${text}\n`);
    },
    answer(value, words) {
      clear();
      out.write(isJson ? `${JSON.stringify(value)}\n` : `${words(value)}\n`);
    },
    progress,
    step(text) {
      if (err.isTTY) progress(text);
      else if (!isJson) err.write(`${text}\n`);
    },
  };
}
