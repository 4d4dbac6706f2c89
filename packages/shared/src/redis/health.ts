import type { EngineHealth } from '../engine/engine.ts';
import {
  type Connection,
  closeConnection,
  createConnection,
  keepConnected,
  serverOf,
  whenReady,
} from './connections.ts';
import { checkSafety } from './safety.ts';

const FRESH_MS = 1_000;
const ANSWER_WITHIN_MS = 1_800;

/** Looks at the server through a connection of its own, at most once a second; opened by the first look. */
export class HealthProbe {
  readonly #url: string;
  readonly #key: string;
  #connection: Connection | undefined;
  #latest: { readonly at: number; readonly health: Promise<EngineHealth> } | undefined;

  /** @param key any key of the engine: in a Cluster it says which server is meant. */
  constructor(url: string, key: string) {
    this.#url = url;
    this.#key = key;
  }

  look(): Promise<EngineHealth> {
    const now = Date.now();
    if (this.#latest && now - this.#latest.at < FRESH_MS) return this.#latest.health;
    const health = this.#look();
    this.#latest = { at: now, health };
    return health;
  }

  close(): void {
    if (this.#connection) closeConnection(this.#connection);
  }

  async #look(): Promise<EngineHealth> {
    if (!this.#connection) {
      this.#connection = createConnection(this.#url, { name: 'prodwork:health', silenceMs: ANSWER_WITHIN_MS });
      keepConnected(this.#connection);
    }
    const connection = this.#connection;
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error('no answer in time')), ANSWER_WITHIN_MS);
    try {
      const asked = whenReady(connection, ANSWER_WITHIN_MS)
        .then(() => serverOf(connection, this.#key))
        .then(checkSafety);
      const { problems, warnings, refusal } = await Promise.race([asked, late.promise]);
      return { isReady: problems.length === 0, problems, warnings, ...(refusal === undefined ? {} : { refusal }) };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return { isReady: false, problems: [`Redis does not answer: ${why}`], warnings: [] };
    } finally {
      clearTimeout(timer);
    }
  }
}
