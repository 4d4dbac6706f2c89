import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { type Answer, ask, type Client, URL_BASE } from './client.ts';
import { say } from './figures.ts';

/** Between two requests of one caller: a load that leaves two cores something to start replicas with. */
const PACE_MS = 10;

/** Requests that are made one after the other until they are told to stop. */
export function keepAsking(path: string): { readonly answers: Answer[]; stop(): Promise<void> } {
  const answers: Answer[] = [];
  let isStopped = false;
  const loop = (async () => {
    while (!isStopped) {
      answers.push(await ask(path));
      await setTimeout(PACE_MS);
    }
  })();
  return {
    answers,
    stop: async () => {
      isStopped = true;
      await loop;
    },
  };
}

/** Submits with ids of their own until told to stop; every answer is kept. */
export function keepSubmitting(client: Client, prefix: string): { stop(): Promise<Map<string, Answer>> } {
  const answers = new Map<string, Answer>();
  let isStopped = false;
  let next = 0;
  const loop = async (): Promise<void> => {
    while (!isStopped) {
      const id = `${prefix}-${next++}`;
      answers.set(id, await client.post('/api/jobs', { type: 'sleep', payload: { seconds: 0 }, id }));
      await setTimeout(PACE_MS);
    }
  };
  const loops = Promise.all([loop(), loop(), loop(), loop()]);
  return {
    stop: async () => {
      isStopped = true;
      await loops;
      return answers;
    },
  };
}

/** How often each kind of failure came. */
export function sayWhatFailed(answers: readonly Answer[]): void {
  for (const [what, same] of Map.groupBy(answers, ({ status, body }) => `${status} ${body.slice(0, 160)}`)) {
    say(`${same.length} times: ${what}`);
  }
}

/** Starts a POST and sends half of its body; `finish` sends the rest and resolves with the whole answer. */
export async function halfPost(id: string, token: string) {
  const { hostname, port, host } = new URL(URL_BASE);
  const body = JSON.stringify({ type: 'sleep', payload: { seconds: 0 }, id });
  const half = Math.floor(body.length / 2);
  const socket = connect(Number(port), hostname);
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  socket.on('error', () => {});
  await once(socket, 'connect');
  const head = [
    'POST /api/jobs HTTP/1.1',
    `Host: ${host}`,
    `Authorization: Bearer ${token}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    'Connection: close',
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n${body.slice(0, half)}`);
  return {
    finish: async (): Promise<string> => {
      const closed = socket.readyState === 'closed' ? undefined : once(socket, 'close');
      socket.write(body.slice(half));
      await closed;
      return text;
    },
  };
}
