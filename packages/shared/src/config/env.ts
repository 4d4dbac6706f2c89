import { ERRORS, ProdworkError } from '../errors.ts';
import { nearest } from './nearest.ts';

/** One setting: how it is read, and what the docs say of it (`docs/configuration.md` is compared with these by a test). */
export interface Setting<T> {
  readonly name: string;
  readonly description: string;
  /** Range or choices, in words. */
  readonly range: string;
  readonly fallback: string;
  /** @throws Error whose message is the rule that the text breaks. */
  readonly parse: (text: string) => T;
}

/** @param rule what the pattern asks for, in words, where its letters are hard to read. */
export function text(
  name: string,
  fallback: string,
  description: string,
  pattern?: RegExp,
  rule?: string,
): Setting<string> {
  return {
    name,
    description,
    fallback,
    range: rule ?? (pattern ? String(pattern) : 'text'),
    parse: (value) => {
      if (pattern && !pattern.test(value)) throw new Error(rule ? `must be ${rule}` : `must match ${pattern}`);
      return value;
    },
  };
}

export function integer(
  name: string,
  fallback: number,
  min: number,
  max: number,
  description: string,
): Setting<number> {
  return {
    name,
    description,
    fallback: String(fallback),
    range: `${min} to ${max}`,
    parse: (value) => {
      if (!/^-?\d+$/.test(value) || Number(value) < min || Number(value) > max) {
        throw new Error(`must be a whole number from ${min} to ${max}`);
      }
      return Number(value);
    },
  };
}

export function choice<const T extends string>(
  name: string,
  fallback: T,
  choices: readonly T[],
  description: string,
): Setting<T> {
  return {
    name,
    description,
    fallback,
    range: choices.join(', '),
    parse: (value) => {
      const found = choices.find((candidate) => candidate === value);
      if (found === undefined) throw new Error(`must be one of ${choices.join(', ')}`);
      return found;
    },
  };
}

type Values<S extends Record<string, Setting<unknown>>> = { readonly [K in keyof S]: ReturnType<S[K]['parse']> };

/** Names that begin like this are ours: an unknown one is a typing mistake, and is refused. */
const OWN = /^(PRODWORK|WORKER|QUEUE|PRODUCER|HISTORY)_/;

/**
 * Reads all settings at once and reports every fault together.
 * A value may also come from a file: `NAME_FILE` holds its path.
 * @param known names that another part of prodwork reads; they are not taken for mistakes.
 * @param own how the names begin that may be nothing but settings.
 * @throws ProdworkError `PRODWORK_CONFIG_INVALID` with one line per fault: name, value, rule, did-you-mean.
 */
export function readEnv<S extends Record<string, Setting<unknown>>>(
  settings: S,
  env: NodeJS.ProcessEnv,
  known: readonly string[],
  readFile: (path: string) => string,
  own = OWN,
): Values<S> {
  const faults: string[] = [];
  const values: Record<string, unknown> = {};
  const names = new Set([...Object.values(settings).map((setting) => setting.name), ...known]);
  for (const [key, setting] of Object.entries(settings)) {
    const file = env[`${setting.name}_FILE`];
    let raw = env[setting.name];
    try {
      if (file !== undefined && raw === undefined) raw = readFile(file).trim();
      values[key] = setting.parse(raw === undefined || raw === '' ? setting.fallback : raw);
    } catch (error) {
      const rule = error instanceof Error ? error.message : String(error);
      const shown = /PASSWORD|TOKEN|SECRET|URL/.test(setting.name) ? '(hidden)' : JSON.stringify(raw);
      faults.push(`${setting.name}=${shown}: ${rule}`);
    }
  }
  for (const name of Object.keys(env)) {
    const bare = name.replace(/_FILE$/, '');
    if (!own.test(name) || names.has(name) || names.has(bare)) continue;
    const near = nearest(name, names);
    faults.push(`${name}: no such setting${near ? `, did you mean ${near}?` : ''}`);
  }
  if (faults.length > 0) {
    throw new ProdworkError(
      'PRODWORK_CONFIG_INVALID',
      `${ERRORS.PRODWORK_CONFIG_INVALID.title}:\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
    );
  }
  return values as Values<S>;
}
