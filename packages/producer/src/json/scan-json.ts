import { LIMITS } from 'prodwork/job/limits';

export interface JsonFault {
  /** Offset in the text, from 0. */
  readonly position: number;
  readonly rule: string;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const LITERALS = ['true', 'false', 'null'];

/**
 * Checks JSON text before anything is built from it: grammar, depth, number of keys, names that reach prototypes,
 * numbers that do not fit. One pass, no recursion, nothing allocated but the stack of open brackets.
 */
export function scanJson(text: string): JsonFault | undefined {
  const open: ('{' | '[')[] = [];
  let keys = 0;
  let at = 0;
  let wants: 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'comma-or-end' = 'value';
  const fault = (rule: string, position = at): JsonFault => ({ position, rule });

  for (;;) {
    at = skipSpace(text, at);
    const char = text[at];
    if (wants === 'comma-or-end') {
      const container = open.at(-1);
      if (container === undefined) return at === text.length ? undefined : fault('nothing may follow the value');
      if (char === ',') wants = container === '{' ? 'key' : 'value';
      else if (char === (container === '{' ? '}' : ']')) open.pop();
      else return fault(container === '{' ? 'expected , or }' : 'expected , or ]');
      at++;
      continue;
    }
    if (wants === 'key' || wants === 'key-or-end') {
      if (char === '}' && wants === 'key-or-end') {
        open.pop();
        wants = 'comma-or-end';
        at++;
        continue;
      }
      if (char !== '"') return fault('expected a key in double quotes');
      const end = endOfString(text, at);
      if (end < 0) return fault('a string is not closed, or holds a raw control character or a bad escape', -end - 1);
      if (++keys > LIMITS.jsonKeys) return fault(`at most ${LIMITS.jsonKeys} keys`);
      if (isForbiddenKey(text.slice(at, end))) return fault('the key __proto__ is not allowed');
      at = skipSpace(text, end);
      if (text[at] !== ':') return fault('expected :');
      at++;
      wants = 'value';
      continue;
    }
    if (char === ']' && wants === 'value-or-end') {
      open.pop();
      at++;
      wants = 'comma-or-end';
    } else if (char === '{' || char === '[') {
      if (open.push(char) > LIMITS.jsonDepth) return fault(`at most ${LIMITS.jsonDepth} levels deep`);
      at++;
      wants = char === '{' ? 'key-or-end' : 'value-or-end';
    } else {
      const end = endOfScalar(text, at);
      if (end < 0) return fault(scalarRule(text, at), -end - 1);
      at = end;
      wants = 'comma-or-end';
    }
  }
}

function scalarRule(text: string, at: number): string {
  if (at >= text.length) return 'the text ends too early';
  if (text[at] === '"') return 'a string is not closed, or holds a raw control character or a bad escape';
  return /[-\d]/.test(text[at] ?? '') ? 'not a number that can be kept' : 'expected a value';
}

function skipSpace(text: string, from: number): number {
  let at = from;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return at;
    at++;
  }
}

/** Offset after the value; for a fault, -1 minus its offset. */
function endOfScalar(text: string, at: number): number {
  if (text[at] === '"') return endOfString(text, at);
  for (const literal of LITERALS) if (text.startsWith(literal, at)) return at + literal.length;
  NUMBER.lastIndex = at;
  const number = NUMBER.exec(text)?.[0];
  if (number === undefined || !Number.isFinite(Number(number))) return -1 - at;
  return at + number.length;
}

function endOfString(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at + 1;
    if (code < 0x20) return -1 - at;
    if (code === 0x5c) {
      at++;
      const escaped = text[at] ?? '';
      if (escaped === 'u' && /^[0-9a-fA-F]{4}$/.test(text.slice(at + 1, at + 5))) at += 4;
      else if (escaped === '' || !'"\\/bfnrt'.includes(escaped)) return -1 - at;
    }
  }
  return -1 - text.length;
}

/** Escapes are undone first: "__pro\u0074o__" is the same key. */
function isForbiddenKey(quoted: string): boolean {
  return quoted.length <= 64 && (quoted.includes('__') || quoted.includes('\\')) && JSON.parse(quoted) === '__proto__';
}
