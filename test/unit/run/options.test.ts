import { describe, expect, it } from 'vitest';
import { OptionError, parseOptions } from '../../../compose/run/options.ts';

const parse = (words: string, env: NodeJS.ProcessEnv = {}): unknown =>
  parseOptions(words.split(' ').filter(Boolean), env, '/checkout');

const messageOf = (words: string, env: NodeJS.ProcessEnv = {}): string => {
  try {
    parse(words, env);
  } catch (error) {
    if (error instanceof OptionError) return error.message;
    throw error;
  }
  return 'accepted';
};

describe("the runner's command line", () => {
  it('starts three workers on port 5000 when nothing is said', () => {
    expect(parse('')).toEqual({ workers: 3, port: 5000, dataDir: '/checkout/.prodwork/data' });
  });

  it('reads values after a blank or an equals sign, and the last of two wins', () => {
    expect(parse('--workers 5 --port=5050')).toMatchObject({ workers: 5, port: 5050 });
    expect(parse('--port 1 --port 2')).toMatchObject({ port: 2 });
  });

  it('takes the port from PRODUCER_PORT, and prefers what was typed', () => {
    expect(parse('', { PRODUCER_PORT: '6100' })).toMatchObject({ port: 6100 });
    expect(parse('--port 7000', { PRODUCER_PORT: '6100' })).toMatchObject({ port: 7000 });
  });

  it('keeps relative data folders inside the checkout, and absolute ones where they are', () => {
    expect(parse('--data elsewhere')).toMatchObject({ dataDir: '/checkout/elsewhere' });
    expect(parse('--data /var/queue')).toMatchObject({ dataDir: '/var/queue' });
  });

  it.each([
    '--workers 0',
    '--workers 65',
    '--workers 1.5',
    '--workers -1',
    '--workers 1e2',
    '--workers three',
    '--port 65536',
    '--port 0',
    '--port 99999999999999999999',
  ])('refuses %s and names the range', (words) => {
    expect(messageOf(words)).toMatch(/^--(workers|port) must be a whole number from 1 to \d+, not /);
  });

  it('refuses a port that no browser would open', () => {
    expect(messageOf('--port 5061')).toBe('--port 5061 is one that browsers refuse to open; take another');
  });

  it('refuses an option without its value', () => {
    expect(messageOf('--port')).toContain('--port needs a value');
    expect(messageOf('--port --workers 3')).toContain('--port needs a value');
    expect(messageOf('--port=')).toContain('--port needs a value');
  });

  it('asks whether a mistyped option was meant to be another', () => {
    expect(messageOf('--worker 3')).toContain('no such option: --worker, did you mean --workers?');
    expect(messageOf('--colour red')).toMatch(/^no such option: --colour\n/);
  });

  it('refuses words that belong to no option', () => {
    expect(messageOf('5')).toContain('unexpected argument "5"');
  });

  it('explains the two dashes when npm kept an option for itself', () => {
    expect(messageOf('', { npm_config_port: '5050' })).toContain('npm start -- --port');
  });

  it('answers --help without looking further', () => {
    expect(parse('--help --nonsense')).toBe('help');
  });
});
