import { ProdworkError } from 'prodwork/errors';
import { LIMITS } from 'prodwork/job/limits';
import { parse } from 'secure-json-parse';
import { scanJson } from './scan-json.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** A key takes five characters at least (`"":0,`): a text that is no longer cannot hold too many. */
const PLAIN_LENGTH = LIMITS.jsonKeys * 5;
/** What the scan has to judge: escapes, names that reach a prototype, numbers that may not fit, brackets that may nest too deep. */
const NEEDS_SCAN = new RegExp(
  `\\\\|__|constructor|\\d[eE][+-]?\\d{3}|(?<!\\d)\\d{200}|^(?:[^[{]*[[{]){${LIMITS.jsonDepth + 1}}`,
);

/**
 * JSON from outside, as a value.
 * @throws ProdworkError `INVALID_BODY` with the position and the rule.
 */
export function readJson(bytes: Uint8Array | string): unknown {
  const text = typeof bytes === 'string' ? bytes : decodeUtf8(bytes);
  return parsePlain(text) ?? parseScanned(text);
}

/** Nearly every body has nothing in it to look for; one with a fault is scanned to say where. */
function parsePlain(text: string): unknown {
  if (text.length > PLAIN_LENGTH || NEEDS_SCAN.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parseScanned(text: string): unknown {
  const fault = scanJson(text);
  if (fault) {
    const { line, column } = lineAndColumn(text, fault.position);
    throw new ProdworkError(
      'INVALID_BODY',
      `Not acceptable JSON at position ${fault.position} (line ${line}, column ${column}): ${fault.rule}.`,
      { rule: fault.rule },
    );
  }
  try {
    return parse(text, { protoAction: 'error', constructorAction: 'error' });
  } catch (cause) {
    throw new ProdworkError('INVALID_BODY', 'Keys that reach a prototype are not allowed.', {
      rule: 'no __proto__ and no constructor.prototype',
      cause,
    });
  }
}

export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new ProdworkError('INVALID_BODY', `The body is not UTF-8 (from position ${validUtf8Bytes(bytes)}).`, {
      rule: 'UTF-8',
      cause,
    });
  }
}

/** Bytes before the first one that breaks UTF-8: halves the range until it is found. */
function validUtf8Bytes(bytes: Uint8Array): number {
  const valid = (end: number): boolean => {
    try {
      // A sequence cut at the end is not a fault yet, hence the stream.
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, end), { stream: true });
      return true;
    } catch {
      return false;
    }
  };
  let low = 0;
  let high = bytes.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (valid(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

function lineAndColumn(text: string, position: number): { line: number; column: number } {
  const before = text.slice(0, position);
  const line = before.split('\n').length;
  return { line, column: position - before.lastIndexOf('\n') };
}
