import { resolve } from 'node:path';
import { nearest } from '../../packages/shared/src/config/nearest.ts';

export interface StartOptions {
  readonly workers: number;
  readonly port: number;
  /** Port of the noteboard; absent: it is not started. */
  readonly noteboardPort?: number;
  /** Finished jobs are kept in Postgres. */
  readonly hasHistory?: boolean;
  /** Folder of the private Redis and of the runner's own notes. */
  readonly dataDir: string;
}

/** Ports above 1023 that browsers, and Node's own fetch, refuse to open because other protocols live there (Fetch standard). */
const REFUSED_BY_BROWSERS: ReadonlySet<number> = new Set([
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
]);

/** A command line that cannot be followed; the message is for the person who typed it. */
export class OptionError extends Error {}

export const USAGE = `npm start -- [options]
  --workers N   worker processes, 1 to 64 (default 3)
  --port P      port of the producer, 1 to 65535 (default 5000, or PRODUCER_PORT)
  --data DIR    where the private Redis keeps its data (default .prodwork/data)
  --noteboard   the noteboard as well, on port 5100 (or NOTEBOARD_PORT), with a Postgres
  --history     keeps finished jobs in a Postgres as well
  --help        this text`;

interface Rule {
  readonly min: number;
  readonly max: number;
}
const NUMBERS: Readonly<Record<'--workers' | '--port', Rule>> = {
  '--workers': { min: 1, max: 64 },
  '--port': { min: 1, max: 65_535 },
};
const NAMES = ['--workers', '--port', '--data', '--noteboard', '--history', '--help'] as const;
const SWITCHES: readonly Name[] = ['--noteboard', '--history'];
type Name = (typeof NAMES)[number];

/**
 * Reads the command line. `--port 5050` and `--port=5050` are the same; the last of two wins.
 * @returns 'help' when that is all that was asked for
 * @throws OptionError that names the option and its rule
 */
export function parseOptions(argv: readonly string[], env: NodeJS.ProcessEnv, root: string): StartOptions | 'help' {
  refuseSwallowed(env);
  const given: Partial<Record<Name, string>> = {};
  for (let index = 0; index < argv.length; index++) {
    const [word = '', inline] = splitOnce(argv[index] ?? '');
    const name = NAMES.find((candidate) => candidate === word);
    if (name === undefined) throw unknown(word);
    if (name === '--help') return 'help';
    if (SWITCHES.includes(name)) {
      if (inline !== undefined) throw new OptionError(`${name} takes no value\n\n${USAGE}`);
      given[name] = 'on';
      continue;
    }
    const value = inline ?? argv[++index];
    if (value === undefined || value === '' || (inline === undefined && value.startsWith('--'))) {
      throw new OptionError(`${name} needs a value\n\n${USAGE}`);
    }
    given[name] = value;
  }
  return {
    workers: whole('--workers', given['--workers'] ?? '3'),
    port: whole('--port', given['--port'] ?? (env.PRODUCER_PORT || '5000')),
    dataDir: resolve(root, given['--data'] ?? '.prodwork/data'),
    ...(given['--noteboard'] && { noteboardPort: whole('--port', env.NOTEBOARD_PORT || '5100') }),
    ...(given['--history'] && { hasHistory: true }),
  };
}

function splitOnce(word: string): [string, string | undefined] {
  const at = word.indexOf('=');
  return word.startsWith('--') && at > 0 ? [word.slice(0, at), word.slice(at + 1)] : [word, undefined];
}

function whole(name: keyof typeof NUMBERS, value: string): number {
  const { min, max } = NUMBERS[name];
  const isWhole = /^\d{1,9}$/.test(value) && Number(value) >= min && Number(value) <= max;
  if (isWhole && name === '--port' && REFUSED_BY_BROWSERS.has(Number(value)))
    throw new OptionError(`--port ${value} is one that browsers refuse to open; take another`);
  if (isWhole) return Number(value);
  throw new OptionError(`${name} must be a whole number from ${min} to ${max}, not ${JSON.stringify(value)}`);
}

function unknown(word: string): OptionError {
  if (!word.startsWith('-')) return new OptionError(`unexpected argument ${JSON.stringify(word)}\n\n${USAGE}`);
  const near = nearest(word, NAMES);
  return new OptionError(`no such option: ${word}${near ? `, did you mean ${near}?` : ''}\n\n${USAGE}`);
}

/** `npm start --port 5050` keeps the option for npm, which passes it on as a setting of its own. */
function refuseSwallowed(env: NodeJS.ProcessEnv): void {
  for (const name of ['workers', 'port', 'data', 'noteboard', 'history']) {
    if (env[`npm_config_${name}`] === undefined) continue;
    throw new OptionError(
      `npm took --${name} for itself. Put two dashes before the runner's options: npm start -- --${name} ...`,
    );
  }
}
