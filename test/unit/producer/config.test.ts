import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { readConfig } from '@prodwork/producer/config';
import { describe, expect, it } from 'vitest';

describe('the configuration of the producer', () => {
  it('binds to loopback by default', () => {
    expect(readConfig({})).toMatchObject({ host: '127.0.0.1', port: 5000, engine: 'lease', queue: 'default' });
  });

  it('refuses to leave loopback without tokens', () => {
    for (const host of ['0.0.0.0', '::', '192.168.1.4', 'example.org', '127.0.0.1.example.org']) {
      expect(() => readConfig({ PRODUCER_HOST: host })).toThrow(/PRODWORK_TOKENS_FILE/);
      expect(readConfig({ PRODUCER_HOST: host, PRODWORK_TOKENS_FILE: '/x' }).host).toBe(host);
    }
    for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost'])
      expect(readConfig({ PRODUCER_HOST: host }).host).toBe(host);
  });

  it('takes settings of the workers for what they are', () => {
    expect(() => readConfig({ WORKER_SLOTS: '2' })).not.toThrow();
  });

  it('stops the process with 78 and every fault at once', () => {
    const main = fileURLToPath(new URL('../../../packages/producer/src/main.ts', import.meta.url));
    const env = { PATH: process.env.PATH, PRODUCER_PORT: 'http', PRODUCER_HSOT: 'x', QUEUE_ENGINE: 'magic' };
    const { status, stderr } = spawnSync(process.execPath, ['--conditions=source', main], { env, encoding: 'utf8' });
    expect(status).toBe(78);
    expect(stderr).toContain('PRODUCER_PORT="http": must be a whole number from 0 to 65535');
    expect(stderr).toContain('did you mean PRODUCER_HOST?');
    expect(stderr).toContain('QUEUE_ENGINE');
  });
});
