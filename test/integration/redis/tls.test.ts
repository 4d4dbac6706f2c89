import { engineOptions, engineSettings } from 'prodwork/config/engine';
import { readEnv } from 'prodwork/config/env';
import { closeConnection, createConnection, keepConnected, whenReady } from 'prodwork/redis/connections';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTls } from '../../engines/topologies/tls.ts';
import type { Topology } from '../../engines/topologies/topology.ts';
import { hasOpenssl } from '../../support/certificates.ts';
import { recordingLog } from '../../support/recording-log.ts';

describe.skipIf(!hasOpenssl())('a Redis that speaks TLS alone, signed by an authority of its own', () => {
  let server: Topology;
  beforeAll(async () => {
    server = await startTls();
  });
  afterAll(() => server.stop());

  const answer = async (url: string): Promise<string> => {
    const connection = createConnection(url, { name: 'tls', silenceMs: 2_000 });
    keepConnected(connection);
    try {
      await whenReady(connection, 2_000);
      return await connection.ping();
    } catch {
      return 'no answer';
    } finally {
      closeConnection(connection);
    }
  };
  const without = (name: string): string => server.url.replace(new RegExp(`${name}=[^&]*&?`), '');

  test('is reached with the files that the URL names', async () => {
    expect(await answer(server.url)).toBe('PONG');
  });

  test('is reached with the authority of REDIS_TLS_CA_FILE', async () => {
    const ca = new URL(server.url).searchParams.get('ca') ?? '';
    const env = { REDIS_URL: without('ca'), REDIS_TLS_CA_FILE: ca };
    const config = readEnv(engineSettings, env, [], () => '');
    expect(await answer(engineOptions(config, recordingLog().log).redisUrl)).toBe('PONG');
  });

  test('is not trusted without its authority, and does not trust a client without a certificate', async () => {
    expect(await answer(without('ca'))).toBe('no answer');
    expect(await answer(without('key').replace(/&?cert=[^&]*/, ''))).toBe('no answer');
  });

  test('a file that cannot be read is said at once', () => {
    const url = 'rediss://127.0.0.1?ca=/nowhere/ca.pem';
    expect(() => createConnection(url, { name: 'tls', silenceMs: 1_000 })).toThrow(/the ca file .* cannot be read/);
  });
});
