import type { ServerResponse } from 'node:http';

/** A client this far behind is cut: it comes back by itself and is given the present state. Bytes. */
const BEHIND_MAX = 512 * 1024;

export interface StreamWishes {
  /** Jobs whose changes are wanted. */
  readonly jobs: readonly string[];
  /** Names of batches whose progress is wanted. */
  readonly batches: readonly string[];
  /** Also send ready-made markup, for the pages. */
  readonly wantsHtml: boolean;
}

/** One open connection of `/events`. */
export interface Stream {
  readonly wishes: StreamWishes;
  send(event: string, id: string, data: string): void;
  /** A comment: keeps proxies from taking silence for death. */
  beat(): void;
  end(): void;
}

export function openStream(raw: ServerResponse, wishes: StreamWishes): Stream {
  const write = (text: string): void => {
    if (raw.destroyed || raw.writableEnded) return;
    if (raw.writableLength > BEHIND_MAX) raw.destroy();
    else raw.write(text);
  };
  return {
    wishes,
    send: (event, id, data) => write(`event: ${event}\nid: ${id}\ndata: ${data}\n\n`),
    beat: () => write(': still here\n\n'),
    end: () => raw.end(),
  };
}
