import { connect, type Socket } from 'node:net';
import { now } from '../measure/moments.ts';
import type { HttpLoadReport, HttpLoadRequest } from './messages.ts';
import { serve } from './serve.ts';

/**
 * Sends one and the same POST over and over, one at a time on each connection. It writes and reads the bytes itself: on
 * two cores a complete HTTP client would be what is measured.
 */
serve<HttpLoadRequest>(async (request) => {
  const tally = { accepted: 0, refused: 0, isStopping: false };
  const message = messageOf(request);
  const ends = Array.from({ length: request.connections }, () => drive(request.url, message, tally));
  const all = Promise.all(ends);
  await Promise.race([pause(request.warmMs), all]);
  const [from, fromAt] = [tally.accepted, now()];
  await Promise.race([pause(request.measureMs), all]);
  const [to, toAt] = [tally.accepted, now()];
  tally.isStopping = true;
  await all;
  const report: HttpLoadReport = {
    perSecond: ((to - from) / (toAt - fromAt)) * 1000,
    accepted: tally.accepted,
    refused: tally.refused,
  };
  return report;
});
process.once('SIGTERM', () => process.exit(0));

interface Tally {
  accepted: number;
  refused: number;
  isStopping: boolean;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function messageOf({ url, body }: HttpLoadRequest): string {
  const { host, pathname } = new URL(url);
  const head = [`POST ${pathname} HTTP/1.1`, `host: ${host}`, 'content-type: application/json'];
  return [...head, `content-length: ${Buffer.byteLength(body)}`, '', body].join('\r\n');
}

/** Ends when the answer to its last request has come, and rejects when the connection ends before. */
function drive(url: string, message: string, tally: Tally): Promise<void> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(Number(port), hostname, () => socket.write(message));
    socket.setNoDelay(true);
    let text = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      text += chunk;
      const length = answerLength(text);
      if (length === undefined || text.length < length) return;
      if (text.startsWith('HTTP/1.1 2')) tally.accepted++;
      else tally.refused++;
      text = text.slice(length);
      if (tally.isStopping) {
        socket.end();
        resolve();
      } else {
        socket.write(message);
      }
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server closed the connection')));
  });
}

/** Bytes of a whole answer, once its head is there. */
function answerLength(text: string): number | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, headEnd + 2))?.[1];
  if (length === undefined) throw new Error('an answer without content-length');
  return headEnd + 4 + Number(length);
}
