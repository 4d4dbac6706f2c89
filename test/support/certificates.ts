import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Paths of PEM files: an authority that nobody knows, and a certificate for 127.0.0.1 that it signed. */
export interface Certificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  remove(): Promise<void>;
}

export const hasOpenssl = (): boolean => spawnSync('openssl', ['version']).error === undefined;

/** Needs `openssl` on PATH. The certificate serves both ends of a line. */
export async function makeCertificates(): Promise<Certificates> {
  const dir = await mkdtemp(join(tmpdir(), 'prodwork-tls-'));
  const at = (name: string): string => join(dir, name);
  const openssl = (...args: string[]) => run('openssl', args, { cwd: dir });
  const keyPair = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  await writeFile(at('names'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  await openssl('req', '-x509', ...keyPair, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=test authority');
  await openssl('req', ...keyPair.slice(0, -2), '-keyout', 'key.pem', '-out', 'request.pem', '-subj', '/CN=127.0.0.1');
  const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names'];
  await openssl('x509', '-req', '-in', 'request.pem', '-out', 'cert.pem', ...signing);
  const remove = (): Promise<void> => rm(dir, { recursive: true, force: true });
  return { ca: at('ca.pem'), cert: at('cert.pem'), key: at('key.pem'), remove };
}
