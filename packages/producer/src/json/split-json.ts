import { ProdworkError } from 'prodwork/errors';

/** One job's text out of a bulk body, and where it stood. */
export interface BulkItem {
  /** From 1: the line of NDJSON, or the element of an array. */
  readonly line: number;
  readonly text: string;
}

/** NDJSON: one value a line; empty lines are skipped, and counted. */
export function* splitLines(text: string): Generator<BulkItem> {
  let line = 1;
  for (let at = 0; at < text.length; line++) {
    const end = text.indexOf('\n', at);
    const stop = end < 0 ? text.length : end;
    const item = text.slice(at, stop).trim();
    if (item !== '') yield { line, text: item };
    at = stop + 1;
  }
}

/**
 * The elements of a JSON array, each still as text, so that one bad element harms no other. Only the outermost commas
 * and brackets are understood here; each element is parsed by the reader of jobs.
 * @throws ProdworkError `INVALID_BODY` when the text is no array.
 */
export function* splitArray(text: string): Generator<BulkItem> {
  const refuse = (position: number, rule: string): never => {
    throw new ProdworkError('INVALID_BODY', `Not a JSON array at position ${position}: ${rule}.`, { rule });
  };
  let at = skipSpace(text, 0);
  if (text[at] !== '[') refuse(at, 'expected [');
  at = skipSpace(text, at + 1);
  let element = 0;
  if (text[at] === ']') at++;
  else {
    for (;;) {
      const end = endOfElement(text, at);
      if (end >= text.length) refuse(text.length, 'the array is not closed');
      element += 1;
      const item = text.slice(at, end).trim();
      if (item === '') refuse(end, 'expected a value');
      yield { line: element, text: item };
      at = end + 1;
      if (text[end] === ']') break;
      at = skipSpace(text, at);
    }
  }
  at = skipSpace(text, at);
  if (at < text.length) refuse(at, 'nothing may follow the array');
}

/** Offset of the comma or bracket that ends the element. */
function endOfElement(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const char = text[at];
    if (char === '"') {
      at++;
      while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    } else if (char === '{' || char === '[') depth++;
    else if (char === '}' || char === ']') {
      if (depth === 0) return at;
      depth--;
    } else if (char === ',' && depth === 0) return at;
  }
  return text.length;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && ' \n\r\t'.includes(text[at] ?? 'x')) at++;
  return at;
}
