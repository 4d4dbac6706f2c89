import { ProdworkError } from 'prodwork/errors';

export interface Note {
  readonly id: number;
  readonly name: string;
  readonly message: string;
  /** Epoch ms by the database's clock. */
  readonly createdAt: number;
}

/** What somebody wants to put on the board, checked. */
export interface Draft {
  readonly name: string;
  readonly message: string;
}

export type Field = keyof Draft;

/** Bounds in characters as people count them (code points). The form, the API and the docs read them here. */
export const NOTE_LIMITS = { name: 80, message: 2_000 } as const;

export const RULES: { readonly [field in Field]: string } = {
  name: `1 to ${NOTE_LIMITS.name} characters on one line, at least one of them visible`,
  message: `1 to ${NOTE_LIMITS.message} characters, at least one of them visible; line breaks and tabs are kept`,
};

/** Characters that no text needs: they would end a line of log, hide text, or (NUL) cannot be stored at all. */
const CONTROL: { readonly [field in Field]: RegExp } = {
  name: /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/,
  message: /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/,
};
const VISIBLE = /[^\p{C}\p{Z}]/u;

/** Every field that breaks its rule; empty when the values make a note. */
export function faultsOf(values: Readonly<Record<string, unknown>>): readonly Field[] {
  return (['name', 'message'] as const).filter((field) => cleaned(values[field], field) === undefined);
}

/**
 * Checks what came in, whatever it is.
 * @throws ProdworkError `INVALID_FIELD` naming the first field at fault and its rule.
 */
export function draftOf(values: unknown): Draft {
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    throw new ProdworkError('INVALID_BODY', 'An object with `name` and `message` is needed.');
  }
  const given: Readonly<Record<string, unknown>> = { ...values };
  const name = cleaned(given.name, 'name');
  const message = cleaned(given.message, 'message');
  if (name === undefined) throw refused('name');
  if (message === undefined) throw refused('message');
  return { name, message };
}

const refused = (field: Field): ProdworkError =>
  new ProdworkError('INVALID_FIELD', `${field}: ${RULES[field]}.`, { field, rule: RULES[field] });

/** The text as it is stored, or undefined when it breaks its rule. */
function cleaned(value: unknown, field: Field): string | undefined {
  if (typeof value !== 'string' || !value.isWellFormed()) return undefined;
  // Forms send CRLF; one kind of line end is stored.
  const text = value.replaceAll('\r\n', '\n').trim();
  if (text.length > NOTE_LIMITS[field] * 2 || [...text].length > NOTE_LIMITS[field]) return undefined;
  return VISIBLE.test(text) && !CONTROL[field].test(text) ? text : undefined;
}
