import { hostname } from 'node:os';
import { readWorkerConfig } from '@prodwork/worker/config';
import { handlers } from '@prodwork/worker/registry';
import { serveTypes } from '@prodwork/worker/runtime/job-type';
import { expect, test } from 'vitest';

const read = (env: NodeJS.ProcessEnv) => readWorkerConfig(['sleep', 'primes'], env, () => '');

test('an empty environment gives the documented defaults', () => {
  expect(read({})).toMatchObject({
    slots: 10,
    name: hostname(),
    types: ['sleep', 'primes'],
    port: 5001,
    drainMs: 20_000,
    watchdogMs: 25_000,
    ledgerFile: '',
  });
});

test('all faults are listed together, with the rule and what was probably meant', () => {
  const env = {
    WORKER_SLOTS: '0',
    WORKER_SLOT: '4',
    WORKER_NAME: 'a b',
    WORKER_TYPES: 'sleep, slep',
    WORKER_PORT: '1e3',
  };
  const read78 = () => read(env);
  expect(read78).toThrow(expect.objectContaining({ code: 'PRODWORK_CONFIG_INVALID' }));
  for (const line of [
    /WORKER_SLOTS="0": must be a whole number from 1 to 1000/,
    /WORKER_SLOT: no such setting, did you mean WORKER_SLOTS\?/,
    /WORKER_NAME="a b": must be 1 to 64 letters/,
    /WORKER_TYPES="sleep, slep": no handler for "slep"; there are sleep, primes/,
    /WORKER_PORT="1e3": must be a whole number from 0 to 65535/,
  ]) {
    expect(read78).toThrow(line);
  }
});

test('settings of the other processes are no mistakes: all may share one environment file', () => {
  expect(() => read({ PRODUCER_PORT: '5000', HISTORY_STRICT: '1', PRODWORK_TOKENS_FILE: '/run/tokens' })).not.toThrow();
});

test('a worker may serve some of its types only', () => {
  expect(read({ WORKER_TYPES: 'primes' }).types).toEqual(['primes']);
  expect([...serveTypes(handlers, ['primes']).keys()]).toEqual(['primes']);
});

test('two handlers for one type are refused', () => {
  expect(() => serveTypes([...handlers, ...handlers], ['sleep'])).toThrow(/two handlers for the job type "sleep"/);
});
