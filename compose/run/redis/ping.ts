import { connect } from 'node:net';

/** What a Redis on this machine says to PING (`+PONG`, `-LOADING ...`); undefined when nothing answers in time. */
export function ping(port: number, withinMs = 1_000): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const done = (answer: string | undefined): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(withinMs, () => done(undefined));
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (chunk) => done(chunk.toString('utf8').trim()));
    socket.once('error', () => done(undefined));
    socket.once('close', () => done(undefined));
  });
}
