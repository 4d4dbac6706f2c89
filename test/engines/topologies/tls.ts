import { readFile } from 'node:fs/promises';
import { type Certificates, makeCertificates } from '../../support/certificates.ts';
import { ServerProcess } from './process.ts';
import type { Topology } from './topology.ts';

/** One server that speaks TLS alone, asks its clients for a certificate, and is signed by an authority that nobody knows. */
export async function startTls(): Promise<Topology> {
  const files = await makeCertificates();
  const server = await ServerProcess.start(serverArgs(files), {
    ca: await readFile(files.ca),
    cert: await readFile(files.cert),
    key: await readFile(files.key),
  });
  const query = new URLSearchParams({ ca: files.ca, cert: files.cert, key: files.key });
  return {
    url: `rediss://127.0.0.1:${server.port}?${query}`,
    async stop() {
      await server.stop();
      await files.remove();
    },
  };
}

const serverArgs =
  ({ ca, cert, key }: Certificates) =>
  (port: number, dir: string): readonly string[] => {
    const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', ca];
    return ['--tls-port', String(port), ...files, '--tls-auth-clients', 'yes', ...ServerProcess.data()(0, dir)];
  };
