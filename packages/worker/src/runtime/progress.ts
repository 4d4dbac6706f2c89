import { LIMITS } from 'prodwork/job/limits';

/** At most one report in this time reaches Redis, ms. */
const EVERY_MS = 1_000;

/** Slows a handler's reports down to one a second; the last value always gets through. */
export class Progress {
  readonly #send: (json: string) => void;
  readonly #refuse: (rule: string) => void;
  #pending: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(send: (json: string) => void, refuse: (rule: string) => void) {
    this.#send = send;
    this.#refuse = refuse;
  }

  report(value: unknown): void {
    if (this.#isOver) return;
    const json = this.#read(value);
    if (json === undefined) return;
    if (this.#timer !== undefined) {
      this.#pending = json;
      return;
    }
    this.#send(json);
    this.#timer = setTimeout(() => this.#tick(), EVERY_MS);
  }

  /** The handler has ended: what is still held goes out now, later reports go nowhere. */
  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    if (this.#pending !== undefined) this.#send(this.#pending);
    this.#pending = undefined;
  }

  #tick(): void {
    this.#timer = undefined;
    if (this.#pending === undefined) return;
    this.#send(this.#pending);
    this.#pending = undefined;
    this.#timer = setTimeout(() => this.#tick(), EVERY_MS);
  }

  #read(value: unknown): string | undefined {
    if (typeof value === 'number') {
      if (Number.isFinite(value)) return String(Math.min(100, Math.max(0, value)));
      this.#refuse('must be a finite number');
      return undefined;
    }
    let json: string | undefined;
    try {
      json = JSON.stringify(value);
    } catch {
      json = undefined;
    }
    if (json === undefined) this.#refuse('must be a JSON value');
    else if (Buffer.byteLength(json) > LIMITS.progressBytes)
      this.#refuse(`must be ${LIMITS.progressBytes} bytes at most`);
    else return json;
    return undefined;
  }
}
