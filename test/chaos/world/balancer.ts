import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Replica {
  readonly base: string;
  inFlight: number;
  /** Its first good answer, epoch ms. */
  firstAnswerAt?: number;
}

/** A first choice that did not answer is left out for so long. */
const LEFT_OUT_MS = 500;

/**
 * One door in front of the replicas, by the rules of the stack's gateway (compose/nginx): turns, a connection for each
 * request, the next replica only when not one byte had been sent, 502 when an answer was lost.
 */
export class Balancer {
  readonly #replicas = new Map<string, Replica>();
  readonly #leftOut = new Map<string, number>();
  readonly #bases: () => readonly string[];
  readonly #server: Server;
  #turn = 0;

  /** @param bases the replicas as a name server would list them, asked for at each request */
  constructor(bases: () => readonly string[]) {
    this.#bases = bases;
    this.#server = createServer((incoming, outgoing) => void this.#pass(incoming, outgoing));
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get base(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  replica(base: string): Replica {
    const known = this.#replicas.get(base);
    if (known) return known;
    const made: Replica = { base, inFlight: 0 };
    this.#replicas.set(base, made);
    return made;
  }

  async #pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const now = Date.now();
    const bases = this.#bases();
    const first = bases.filter((base) => (this.#leftOut.get(base) ?? 0) <= now);
    const turn = this.#turn++;
    const turns = [...rotated(first, turn), ...rotated(bases, turn)];
    for (const base of turns) {
      const came = await this.#ask(base, incoming, body, outgoing);
      if (came === 'answered') return;
      if (came === 'lost') return problem(outgoing, 502, 'GATEWAY_ANSWER_LOST');
      this.#leftOut.set(base, Date.now() + LEFT_OUT_MS);
    }
    problem(outgoing, 503, 'GATEWAY_NO_REPLICA');
  }

  #ask(base: string, { method, url, headers }: IncomingMessage, body: Buffer, outgoing: ServerResponse) {
    const replica = this.replica(base);
    return new Promise<'answered' | 'lost' | 'not connected'>((resolve) => {
      let isConnected = false;
      replica.inFlight++;
      const end = (came: 'answered' | 'lost' | 'not connected'): void => {
        replica.inFlight--;
        resolve(came);
      };
      const passed = { ...headers, connection: 'close' };
      const sent = request(`${base}${url}`, { method: method ?? 'GET', headers: passed, agent: false }, (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('error', () => end('lost'));
        answer.on('end', () => {
          replica.firstAnswerAt ??= Date.now();
          outgoing.writeHead(answer.statusCode ?? 502, { 'content-type': answer.headers['content-type'] ?? '' });
          outgoing.end(Buffer.concat(parts));
          end('answered');
        });
      });
      sent.on('socket', (socket) => socket.once('connect', () => (isConnected = true)));
      sent.on('error', () => end(isConnected ? 'lost' : 'not connected'));
      sent.end(body);
    });
  }
}

const rotated = <T>(list: readonly T[], by: number): readonly T[] =>
  list.map((_, at) => list[(at + by) % list.length]).filter((one) => one !== undefined);

function problem(outgoing: ServerResponse, status: number, code: string): void {
  outgoing.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify({ status, code }));
}
