import { must } from './docker.ts';

/** Where the gateway is published. */
export const URL_BASE = `http://127.0.0.1:${process.env.PRODWORK_PORT ?? '5000'}`;

export interface Answer {
  /** 0: no answer came (the connection failed). */
  readonly status: number;
  readonly replica: string;
  readonly body: string;
  /** Where it sends the caller; empty: nowhere. */
  readonly location: string;
  /** When it was asked for, epoch ms. */
  readonly from: number;
  readonly ms: number;
}

export interface JobSeen {
  readonly id: string;
  readonly state: string;
  readonly attempts: number;
  readonly error?: { readonly code: string; readonly message: string };
  readonly deliveries: readonly { readonly outcome?: string; readonly cause?: string; readonly worker: string }[];
}

export type Counts = Readonly<Record<string, number>>;

/** A request through the gateway; what goes wrong is an answer too. */
export async function ask(path: string, init: RequestInit = {}): Promise<Answer> {
  const from = Date.now();
  const startedAt = performance.now();
  const ms = (): number => Math.round(performance.now() - startedAt);
  try {
    const response = await fetch(`${URL_BASE}${path}`, {
      redirect: 'manual',
      signal: AbortSignal.timeout(30_000),
      ...init,
    });
    const body = await response.text();
    const replica = response.headers.get('x-prodwork-replica') ?? '';
    const location = response.headers.get('location') ?? '';
    return { status: response.status, replica, body, location, from, ms: ms() };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { status: 0, replica: '', body: String(cause), location: '', from, ms: ms() };
  }
}

/** The API as its operator uses it, with the token that `init` made. */
export class Client {
  readonly #headers: Readonly<Record<string, string>>;

  private constructor(token: string) {
    this.#headers = { authorization: `Bearer ${token}` };
  }

  static async open(): Promise<Client> {
    return new Client(await operatorToken());
  }

  get(path: string): Promise<Answer> {
    return ask(path, { headers: this.#headers });
  }

  post(path: string, body?: object, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return ask(path, {
      method: 'POST',
      headers: { ...this.#headers, ...headers, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
  }

  /** A form, as a browser sends it. */
  form(path: string, form: FormData): Promise<Answer> {
    return ask(path, { method: 'POST', headers: this.#headers, body: form });
  }

  /** Submits and insists on being accepted. An answer that did not come is asked for again, with the same id. */
  async submit(id: string, seconds: number, more: object = {}): Promise<string> {
    const job = { type: 'sleep', payload: { seconds }, id, ...more };
    for (let tries = 1; ; tries++) {
      const answer = await this.post('/api/jobs', job);
      if (answer.status === 202 || answer.status === 200) return id;
      if (tries === 20 || (answer.status >= 400 && answer.status < 500 && answer.status !== 429)) {
        throw new Error(`submit of ${id} was answered ${answer.status}: ${answer.body}`);
      }
    }
  }

  /** Submits `count` jobs, some at a time. Returns their ids, in order. */
  async submitMany(prefix: string, count: number, seconds: number, more: object = {}): Promise<string[]> {
    const ids = Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
    const queue = ids.values();
    const submitter = async (): Promise<void> => {
      for (const id of queue) await this.submit(id, seconds, more);
    };
    await Promise.all(Array.from({ length: 16 }, submitter));
    return ids;
  }

  /** The same through the bulk route: one request for up to 10,000 jobs. */
  async submitBulk(prefix: string, count: number, seconds: number, more: object = {}): Promise<string[]> {
    const ids = Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
    const lines = ids.map((id) => JSON.stringify({ type: 'sleep', payload: { seconds }, id, ...more }));
    const { status, body } = await ask('/api/jobs/bulk', {
      method: 'POST',
      headers: { ...this.#headers, 'content-type': 'application/x-ndjson' },
      body: lines.join('\n'),
      signal: AbortSignal.timeout(120_000),
    });
    if (status !== 200) throw new Error(`bulk: ${status} ${body}`);
    const { results } = JSON.parse(body) as { results: readonly { error?: object }[] };
    const refused = results.filter(({ error }) => error !== undefined);
    if (results.length !== count || refused.length > 0) throw new Error(`bulk: ${JSON.stringify(refused.slice(0, 3))}`);
    return ids;
  }

  async pause(): Promise<void> {
    const { status, body } = await this.post('/api/queues/default/pause');
    if (status >= 300) throw new Error(`pause: ${status} ${body}`);
  }

  async resume(): Promise<void> {
    const { status, body } = await this.post('/api/queues/default/resume');
    if (status >= 300) throw new Error(`resume: ${status} ${body}`);
  }

  async job(id: string): Promise<JobSeen> {
    const { status, body } = await this.get(`/api/jobs/${id}`);
    if (status !== 200) throw new Error(`job ${id}: ${status} ${body}`);
    return JSON.parse(body) as JobSeen;
  }

  async counts(): Promise<Counts> {
    const { status, body } = await this.get('/api/queues');
    if (status !== 200) throw new Error(`queues: ${status} ${body}`);
    const { queues } = JSON.parse(body) as { queues: readonly { name: string; counts: Counts }[] };
    return queues.find(({ name }) => name === 'default')?.counts ?? {};
  }

  /** How many jobs are in no final state. */
  async unfinished(): Promise<number> {
    const { waiting = 0, active = 0, scheduled = 0 } = await this.counts();
    return waiting + active + scheduled;
  }
}

export const operatorToken = (): Promise<string> => must('docker compose run --rm --no-deps -T init token 2>/dev/null');
