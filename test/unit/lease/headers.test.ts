import { readdirSync, readFileSync } from 'node:fs';
import { scripts } from 'prodwork/engines/lease/scripts';
import { describe, expect, test } from 'vitest';

const FOLDER = new URL('../../../packages/shared/src/engines/lease/lua/', import.meta.url);
const NAMES = readdirSync(FOLDER).map((name) => name.replace('.lua', ''));
/** Fragments that scripts end in: they are called, the others are used. */
const CALLED = new Set(Object.values(scripts).map(({ name }) => name));

/** The comment that a fragment begins with, and its code without comments. */
function partsOf(name: string): { readonly header: string; readonly code: string } {
  const lines = readFileSync(new URL(`${name}.lua`, FOLDER), 'utf8').split('\n');
  const end = lines.findIndex((line) => !line.startsWith('--'));
  return {
    header: lines
      .slice(0, end)
      .map((line) => line.replace(/^-- */, ''))
      .join(' '),
    code: lines
      .slice(end)
      .map((line) => line.replace(/--.*$/, ''))
      .join('\n'),
  };
}

describe('the headers of the Lua fragments', () => {
  test('are of every fragment, and every script is among them', () => {
    expect(NAMES).toEqual(expect.arrayContaining([...CALLED]));
    expect(CALLED.size).toBeGreaterThan(15);
  });

  test.each(NAMES)('%s says what it costs', (name) => {
    expect(partsOf(name).header).toMatch(/Cost(?: then)?: \S/);
  });

  test.each([...CALLED])('%s says what it is given and what it answers', (name) => {
    const { header, code } = partsOf(name);
    if (/\breturn\b/.test(code)) expect(header).toMatch(/Reply/);
    const used = [...code.matchAll(/ARGV\[(\d+)\]/g)].map(([, place]) => Number(place));
    if (!/\bARGV\b/.test(code)) return;
    const said = /ARGV (.*?)(?:\. |Reply|$)/.exec(header)?.[1] ?? '';
    expect(said.split(/,(?![^(]*\))/).length, `${name}: ARGV ${said}`).toBeGreaterThanOrEqual(Math.max(0, ...used));
  });

  test('claim to change nothing only where nothing is written', () => {
    const writes = /'(?:H(?:SET|DEL|INCRBY)|Z(?:ADD|REM|POPMIN)|[LR]PUSH|LPOP|DEL|UNLINK|SET)'/;
    for (const name of NAMES) {
      const { header, code } = partsOf(name);
      if (/Changes nothing/.test(header)) expect(writes.test(code), name).toBe(false);
    }
  });
});
