import { openTokens, parseTokens } from '@prodwork/producer/plugins/tokens';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type ProducerUnderTest,
  post,
  producer,
  quietLog,
  type TokensFile,
  tokenLine,
  tokensFile,
} from '../../support/producer-under-test.ts';

let file: TokensFile;
let test: ProducerUnderTest;
beforeEach(async () => {
  file = tokensFile([
    '# who may',
    tokenLine('grafana', 'read', 'r-token'),
    tokenLine('shop', 'submit', 's-token'),
    tokenLine('ops', 'operate', 'o-token'),
  ]);
  test = await producer({ tokensFile: file.path });
});
afterEach(async () => {
  await test.close();
  file.remove();
});

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const good = { type: 'sleep', payload: { seconds: 1 } };

describe('tokens', () => {
  it('let each role do its own work and that of the roles before it', async () => {
    const status = async (token: string): Promise<readonly number[]> => {
      const headers = bearer(token);
      return [
        (await test.app.inject({ url: '/api/queues', headers })).statusCode,
        (await test.app.inject(post(good, headers))).statusCode,
        (await test.app.inject({ method: 'POST', url: '/api/queues/default/resume', headers })).statusCode,
      ];
    };
    expect(await status('r-token')).toEqual([200, 403, 403]);
    expect(await status('s-token')).toEqual([200, 202, 403]);
    expect(await status('o-token')).toEqual([200, 202, 200]);
  });

  it.each([
    ['GET', '/api/jobs'],
    ['GET', '/api/jobs/x'],
    ['GET', '/api/jobs/x/why'],
    ['DELETE', '/api/jobs/x'],
    ['POST', '/api/jobs'],
    ['POST', '/api/jobs/bulk'],
    ['POST', '/api/jobs/x/cancel'],
    ['POST', '/api/jobs/x/retry'],
    ['GET', '/api/queues'],
    ['GET', '/api/workers'],
    ['GET', '/api/stats'],
    ['POST', '/api/queues/x/pause'],
    ['POST', '/api/queues/x/resume'],
    ['GET', '/metrics'],
    ['HEAD', '/metrics'],
  ] as const)('are wanted for %s %s, and nothing is said without one', async (method, url) => {
    for (const headers of [
      {},
      bearer('wrong'),
      bearer('r-token '),
      { authorization: 'Basic cjpy' },
      bearer('x'.repeat(600)),
    ]) {
      const answer = await test.app.inject({ method, url, headers });
      expect(answer.statusCode).toBe(401);
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
      if (method !== 'HEAD')
        expect(Object.keys(answer.json()).sort()).toEqual(['code', 'detail', 'status', 'title', 'type']);
    }
  });

  it('are not wanted for the pages of people and for probes', async () => {
    for (const url of ['/', '/healthz', '/readyz', '/docs', '/openapi.json']) {
      expect((await test.app.inject(url)).statusCode, url).toBe(200);
    }
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const made = await test.app.inject({ method: 'POST', url: '/jobs', headers, payload: 'type=sleep&seconds=1' });
    expect((await test.app.inject(String(made.headers.location))).statusCode).toBe(200);
  });

  it('guard the receipts of ids that can be guessed', async () => {
    await test.app.inject(post({ ...good, id: 'order' }, bearer('s-token')));
    expect((await test.app.inject('/jobs/order')).statusCode).toBe(401);
    expect((await test.app.inject('/jobs/not-there')).statusCode).toBe(401);
    expect((await test.app.inject('/events?jobs=order')).statusCode).toBe(401);
    expect((await test.app.inject({ url: '/jobs/order', headers: bearer('r-token') })).statusCode).toBe(200);
    const generated = (await test.app.inject(post(good, bearer('s-token')))).json().id;
    expect((await test.app.inject(`/jobs/${generated}`)).statusCode).toBe(200);
  });
});

describe('the tokens file', () => {
  it('is read again when it has changed; a version with a fault changes nothing', () => {
    let now = 0;
    const tokens = openTokens(file.path, quietLog, () => now);
    const known = (token: string): boolean => {
      now += 1_001;
      return tokens.find(token) !== undefined;
    };
    expect(known('s-token')).toBe(true);
    file.write([tokenLine('shop', 'submit', 'a-new-token-altogether')]);
    expect([known('s-token'), known('a-new-token-altogether')]).toEqual([false, true]);
    file.write(['nonsense']);
    expect(known('a-new-token-altogether')).toBe(true);
    file.remove();
    expect(known('a-new-token-altogether')).toBe(true);
  });

  it.each(['', '# only a remark', 'name:read:short', 'name:king:'.padEnd(76, '0'), 'na me:read:'.padEnd(76, '0')])(
    'is refused with its line: %j',
    (text) => {
      expect(() => parseTokens(text)).toThrow(/PRODWORK_TOKENS_FILE: (line 1|it holds no token)/);
    },
  );
});
