import { readJson } from '@prodwork/producer/json/read-json';
import { scanJson } from '@prodwork/producer/json/scan-json';
import { describe, expect, it } from 'vitest';

describe('JSON from outside', () => {
  it('reads what JSON.parse reads', () => {
    for (const text of ['{}', '[]', ' [1, -2.5e3, "a\\u00e9\\n", true, false, null, {"a":{"b":[]}}] ', '"x"', '0']) {
      expect(readJson(text)).toEqual(JSON.parse(text));
    }
  });

  it('refuses what JSON.parse refuses, and names the position', () => {
    const broken: readonly (readonly [string, number])[] = [
      ['', 0],
      ['{"a":', 5],
      ['[1,]', 3],
      ['{"a" 1}', 5],
      ['{"a":1,}', 7],
      ['nul', 0],
      ['"abc', 4],
      ['{} x', 3],
      ['{"a":\u0000}', 5],
      ['"a\u0001"', 2],
      ['"\\x"', 2],
      ['"\\u12g4"', 2],
      ['01', 1],
      ['[1', 2],
    ];
    for (const [text, position] of broken) {
      expect(() => JSON.parse(text), text).toThrow();
      expect(scanJson(text)?.position, text).toBe(position);
    }
  });

  it('says line and column in words', () => {
    expect(() => readJson('{\n  "a": oops\n}')).toThrow(/position 9 \(line 2, column 8\)/);
  });

  it('takes 32 levels and refuses 33, however deep the text goes on', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect(scanJson(nested(32))).toBeUndefined();
    expect(scanJson(nested(33))).toEqual({ position: 32, rule: 'at most 32 levels deep' });
    expect(scanJson(nested(100_000))?.position).toBe(32);
    expect(readJson(nested(32))).toEqual(JSON.parse(nested(32)));
    for (const text of [nested(33), `{"a":[1,2],"b":${nested(33)}}`]) expect(() => readJson(text)).toThrow(/32 levels/);
    const flat = `[${'{"a":[]},'.repeat(40)}{}]`;
    expect(readJson(flat), 'many brackets that do not nest').toEqual(JSON.parse(flat));
  });

  it('refuses more than 10,000 keys', () => {
    const keys = (count: number): string => `{${Array.from({ length: count }, (_, i) => `"k${i}":1`).join(',')}}`;
    expect(scanJson(keys(10_000))).toBeUndefined();
    expect(scanJson(keys(10_001))?.rule).toBe('at most 10000 keys');
    const shortest = `{${Array.from({ length: 10_001 }, () => '"":0').join(',')}}`;
    expect(() => readJson(shortest), 'the shortest text that has so many').toThrow(/at most 10000 keys/);
  });

  it('refuses keys that reach a prototype, however they are written', () => {
    for (const text of [
      '{"__proto__":{"a":1}}',
      '{"__pro\\u0074o__":1}',
      '[{"x":{"__proto__":null}}]',
      '{"constructor":{"prototype":{"a":1}}}',
    ]) {
      expect(() => readJson(text), text).toThrow(expect.objectContaining({ code: 'INVALID_BODY' }));
    }
    expect(readJson('{"constructor":"a word","proto":1,"text":"__proto__"}')).toHaveProperty('constructor', 'a word');
    expect(Object.hasOwn(Object.prototype, 'a')).toBe(false);
  });

  it('refuses numbers that would turn into something else', () => {
    expect(scanJson('{"a":1e999}')).toEqual({ position: 5, rule: 'not a number that can be kept' });
    for (const number of [
      '1e999',
      '-1E+400',
      '9e0999',
      '1'.repeat(310),
      `${'1'.repeat(250)}e99`,
      `0.1e${'9'.repeat(40)}`,
    ]) {
      expect(() => readJson(`{"a":${number}}`), number).toThrow(/not a number that can be kept/);
    }
    for (const number of ['1e99', '-2.5E+10', '1'.repeat(300), `0.${'1'.repeat(400)}`, '1e-999']) {
      expect(readJson(number), number).toBe(Number(number));
    }
  });

  it('refuses bytes that are not UTF-8, and says where they begin', () => {
    expect(() => readJson(Buffer.from([0x22, 0x61, 0xc3, 0x28, 0x22]))).toThrow(/from position 3|from position 2/);
  });
});
