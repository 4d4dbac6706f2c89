import { fileType } from 'prodwork/files/file-type';
import { cleanFileName, FileRef, fileFieldsOf, formatFileRef, parseFileRef } from 'prodwork/job/file-ref';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { describe, expect, test } from 'vitest';

const id = 'abcdefghijklmnopqrstuv';

describe('a reference to a file', () => {
  test('holds an id and a name, and is read back', () => {
    const ref = formatFileRef({ id, name: 'Übersicht (2).csv' });
    expect(parseFileRef(ref)).toEqual({ id, name: 'Übersicht (2).csv' });
    expect(Value.Check(FileRef(), ref)).toBe(true);
  });

  test.each(['', 'file:', `file:${id}/`, `file:${id}/a/b`, `file:short/a`, `file:${id}/a\nb`, `x${id}/a`, 7, null])(
    '%j is none',
    (value) => {
      expect(parseFileRef(value)).toBeUndefined();
      expect(Value.Check(FileRef(), value)).toBe(false);
    },
  );

  test('is found in a schema by its format', () => {
    const schema = Type.Object({ a: Type.String(), b: FileRef(), c: Type.Optional(FileRef()), d: Type.Integer() });
    expect(fileFieldsOf(schema)).toEqual(['b', 'c']);
    expect(fileFieldsOf(Type.String())).toEqual([]);
  });
});

describe('a name for a file', () => {
  test.each([
    ['cat.png', 'cat.png'],
    ['Katze im Schnee (2).jpeg', 'Katze im Schnee (2).jpeg'],
    ['猫.png', '猫.png'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\pictures\\cat.png', 'cat.png'],
    ['cat.png\r\nSet-Cookie: a=b', 'cat.png_Set-Cookie_ a_b'],
    ['cat\u202egnp.exe', 'cat_gnp.exe'],
    ['<img src=x>.svg', '_img src_x_.svg'],
    ['a"b;c.png', 'a_b_c.png'],
    ['.hidden', 'hidden'],
    ['...', 'file'],
    ['', 'file'],
    ['\ud800.png', '_.png'],
  ])('%j is kept as %j', (given, kept) => {
    expect(cleanFileName(given)).toBe(kept);
  });

  test('is cut to 100 characters, and keeps its ending', () => {
    const kept = cleanFileName(`${'x'.repeat(240)}.webp`);
    expect(kept).toHaveLength(100);
    expect(kept.endsWith('x.webp')).toBe(true);
  });
});

describe('the type of a file', () => {
  const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
  test.each([
    ['a.txt', bytes('\x89PNG\r\n\x1a\n\0\0\0'), 'image/png'],
    ['a.png', bytes('\xff\xd8\xff\xe0'), 'image/jpeg'],
    ['a', bytes('GIF89a'), 'image/gif'],
    ['a', bytes('RIFF\x01\x02\x03\x04WEBPVP8 '), 'image/webp'],
    ['a', bytes('\0\0\0\x1cftypavif'), 'image/avif'],
    ['a.pdf', bytes('%PDF-1.7'), 'application/pdf'],
    ['a.csv', bytes('a,b\n1,2'), 'text/csv'],
    ['a.svg', bytes('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'image/svg+xml'],
    ['a.html', bytes('<script>alert(1)</script>'), 'application/octet-stream'],
    ['a.png', bytes('<script>alert(1)</script>'), 'application/octet-stream'],
    ['a.csv', bytes('a\0b'), 'application/octet-stream'],
    ['a.csv', bytes('\xff\xfe\xfa'), 'application/octet-stream'],
    ['a.csv', Buffer.from('ü').subarray(0, 1), 'text/csv'],
  ])('%s that begins with %j is %s', (name, head, type) => {
    expect(fileType(name, head)).toBe(type);
  });
});
