import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { AbstractConnector } from 'ioredis';

const DISCONNECT_MS = 2_000;

/**
 * ioredis listens once for an error of a socket. A TLS line can have two: the handshake that fails, and the alert that the
 * other end sends about it. The second one would end the process.
 */
export const tlsConnector = (tls: ConnectionOptions): (new (options: unknown) => AbstractConnector) =>
  class extends AbstractConnector {
    readonly #place: { readonly host: string; readonly port: number };

    constructor(options: unknown) {
      super(DISCONNECT_MS);
      this.#place = placeOf(options);
    }

    override async connect(): Promise<TLSSocket> {
      this.connecting = true;
      const stream = connect({ ...tls, ...this.#place });
      stream.on('error', (error) => {
        this.firstError ??= error;
      });
      this.stream = stream;
      return stream;
    }
  };

/** Host and port out of ioredis's options, which name the node in a Cluster. */
function placeOf(options: unknown): { host: string; port: number } {
  const place = { host: '127.0.0.1', port: 6379 };
  if (typeof options !== 'object' || options === null) return place;
  if ('host' in options && typeof options.host === 'string') place.host = options.host;
  if ('port' in options) place.port = Number(options.port);
  return place;
}
