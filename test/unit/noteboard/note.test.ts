import { draftOf, faultsOf, NOTE_LIMITS } from '@prodwork/noteboard/notes/note';
import { isProdworkError } from 'prodwork/errors';
import { describe, expect, it } from 'vitest';

const fine = { name: 'Ada', message: 'Hello' };
const refusedField = (values: unknown): string | undefined => {
  try {
    draftOf(values);
    return undefined;
  } catch (error) {
    return isProdworkError(error) ? (error.details.field ?? error.code) : 'not ours';
  }
};

describe('a note', () => {
  it('keeps what people write: other scripts, emoji, line breaks, markup as text', () => {
    const message = 'Grüße 👩‍👩‍👧 مرحبا\n\t<b>not bold</b> \u202eabc';
    expect(draftOf({ name: '山田 太郎', message })).toEqual({ name: '山田 太郎', message });
  });

  it('is trimmed, and its line ends are made one kind', () => {
    expect(draftOf({ name: '  Ada ', message: '\r\none\r\ntwo\r\n' })).toEqual({ name: 'Ada', message: 'one\ntwo' });
  });

  it('counts characters as people do: 80 emoji are a name, 81 are not', () => {
    expect(refusedField({ ...fine, name: '🙂'.repeat(NOTE_LIMITS.name) })).toBeUndefined();
    expect(refusedField({ ...fine, name: '🙂'.repeat(NOTE_LIMITS.name + 1) })).toBe('name');
    expect(refusedField({ ...fine, message: 'x'.repeat(NOTE_LIMITS.message + 1) })).toBe('message');
  });

  it.each([
    ['nothing visible', '\u200b\u2060 \u3000'],
    ['nothing', ''],
    ['NUL', 'a\u0000b'],
    ['a terminal escape', 'a\u001b[31mb'],
    ['a line break in a name', 'a\nb'],
    ['half a surrogate pair', 'a\ud800b'],
    ['a number', 5],
    ['a list, as a field sent twice gives', ['a', 'b']],
    ['nothing at all', undefined],
  ])('refuses a name that holds %s', (_what, name) => {
    expect(refusedField({ ...fine, name })).toBe('name');
  });

  it('names every field at fault at once for the form', () => {
    expect(faultsOf({ name: '', message: '\u0000' })).toEqual(['name', 'message']);
  });

  it.each([[null], ['text'], [[fine]], [5], [undefined]])('refuses a body that is no object: %j', (body) => {
    expect(refusedField(body)).toBe('INVALID_BODY');
  });
});
