import { once } from 'node:events';
import { createServer } from 'node:net';
import { describeHolder } from './process-info.ts';

export class PortError extends Error {}

/**
 * Makes sure that a page can have its port on both loopback addresses: `localhost` may mean either.
 * @param wayOut how to choose another one, when it is not the producer's
 * @throws PortError that names the holder and the way out
 */
export async function requireFreePort(port: number, wayOut?: string): Promise<void> {
  for (const host of ['127.0.0.1', '::1']) {
    const code = await tryToListen(port, host);
    if (code === 'EADDRINUSE') {
      const holder = await describeHolder(port);
      throw new PortError(
        `port ${port} is taken${holder ? ` by ${holder}` : ''}. Choose another one: ${wayOut ?? `npm start -- --port ${port === 5050 ? 5051 : 5050}`}`,
      );
    }
    if (code === 'EACCES') {
      throw new PortError(`port ${port} needs root. Choose one above 1023: npm start -- --port 5050`);
    }
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('the system gave no port');
  return address.port;
}

/** @returns the error's code, or undefined when it worked */
async function tryToListen(port: number, host: string): Promise<string | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
