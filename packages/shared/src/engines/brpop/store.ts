import { isFinal } from '../../job/final.ts';
import { formatJobId, randomLocalId } from '../../job/ids.ts';
import { FINAL_STATES, type Job } from '../../job/job.ts';
import type { Connection } from '../../redis/connections.ts';
import { runScript } from '../../redis/script.ts';
import type { EngineOptions } from '../open.ts';
import { ENTRY_CHARS } from './entry.ts';
import { type BrpopKeys, brpopKeys } from './keys.ts';
import { malformedJob } from './record.ts';
import { finish, forget, giveBack, showActive } from './scripts.ts';

const MALFORMED_KEPT = 1_000;
/** Of a malformed element, so much is shown with its job; the list keeps all of it up to the bound of an element. */
const MALFORMED_SHOWN_CHARS = 2_000;
/** What is written beside the list: for people, and for those who ask for a result. */
export class BrpopStore {
  readonly keys: BrpopKeys;
  readonly #connection: Connection;
  readonly #options: EngineOptions;
  readonly #queue: string;

  constructor(connection: Connection, options: EngineOptions, queue: string) {
    this.keys = brpopKeys(options.prefix, queue);
    this.#connection = connection;
    this.#options = options;
    this.#queue = queue;
  }

  /** The server's clock, epoch ms. */
  async now(): Promise<number> {
    const [seconds, micros] = await this.#connection.time();
    return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
  }

  /** @returns the server's clock, epoch ms. */
  async showActive(incarnation: string, job: Job): Promise<number> {
    const { active, totals } = this.keys;
    const args = [job.id, JSON.stringify(job), this.#options.leaseMs];
    return Number(await runScript(this.#connection, showActive, [active(incarnation), totals], args));
  }

  async showProgress(incarnation: string, job: Job): Promise<void> {
    await this.#connection.hset(this.keys.active(incarnation), job.id, JSON.stringify(job));
  }

  /**
   * Keeps what a worker shows alive for another lease, or shows it again when it had expired.
   * @param running asked only then: what ended meanwhile must not be shown again.
   */
  async refreshActive(incarnation: string, running: () => readonly Job[]): Promise<void> {
    const key = this.keys.active(incarnation);
    if ((await this.#connection.pexpire(key, this.#options.leaseMs)) === 1) return;
    const jobs = running();
    if (jobs.length === 0) return;
    await this.#connection.hset(key, Object.fromEntries(jobs.map((job) => [job.id, JSON.stringify(job)])));
    await this.#connection.pexpire(key, this.#options.leaseMs);
  }

  /** @param incarnation whose job it was; '' for an element that nobody could run. */
  async finish(incarnation: string, job: Job, failedAttempts: number): Promise<void> {
    const { active, finished, totals, ended } = this.keys;
    const state = isFinal(job.state) ? FINAL_STATES.indexOf(job.state) : -1;
    const final = FINAL_STATES[state];
    if (final === undefined) return;
    const { count, ageMs, bytes } = this.#options.keep;
    const keys = [active(incarnation), finished, totals, ...FINAL_STATES.map(ended)];
    const args = [job.id, JSON.stringify(job), state + 1, final, failedAttempts, count, ageMs, bytes];
    await runScript(this.#connection, finish, keys, args);
  }

  async giveBack(incarnation: string, id: string, delivery: number, entry: string): Promise<void> {
    const { active, list, totals, back } = this.keys;
    await runScript(this.#connection, giveBack, [active(incarnation), list, totals, back(id, delivery)], [id, entry]);
  }

  /** An element that was popped when nobody could take it any more. */
  async pushBack(text: string): Promise<void> {
    await this.#connection.rpush(this.keys.list, text);
  }

  async setAside(text: string, fault: string): Promise<void> {
    const { malformed, totals } = this.keys;
    await this.#connection.lpush(malformed, text.slice(0, ENTRY_CHARS));
    await this.#connection.ltrim(malformed, 0, MALFORMED_KEPT - 1);
    await this.#connection.hincrby(totals, 'taken', 1);
    const id = formatJobId(this.#queue, 0, randomLocalId());
    const shown = text.slice(0, MALFORMED_SHOWN_CHARS);
    await this.finish('', malformedJob(id, shown, fault, this.#queue, await this.now()), 0);
  }

  async forget(id: string): Promise<boolean> {
    const { finished, totals, ended } = this.keys;
    return (await runScript(this.#connection, forget, [finished, totals, ...FINAL_STATES.map(ended)], [id])) === 1;
  }
}
