import { readdirSync, readFileSync } from 'node:fs';
import { TRANSITIONS } from 'prodwork/job/states';
import { describe, expect, test } from 'vitest';

const root = new URL('../../../', import.meta.url);
const page = readFileSync(new URL('docs/job-lifecycle.md', root), 'utf8');
const luaFolder = new URL('packages/shared/src/engines/lease/lua/', root);
const fragments = readdirSync(luaFolder);

describe('the life of a job is told once', () => {
  test('the diagram has an arrow for each transition, and no other', () => {
    const drawn = [...page.matchAll(/^ {4}(\S+) --> (\S+): (\w+)$/gm)].map(
      ([, from, to, verb]) => `${verb}: ${from === '[*]' ? 'none' : from} -> ${to}`,
    );
    expect(drawn.sort()).toEqual(TRANSITIONS.map(({ verb, from, to }) => `${verb}: ${from} -> ${to}`).sort());
  });

  test.each([...new Set(TRANSITIONS.map(({ verb }) => verb))])('%s has a Lua fragment that names its ends', (verb) => {
    expect(fragments).toContain(`${verb}.lua`);
    const [head = ''] = readFileSync(new URL(`${verb}.lua`, luaFolder), 'utf8').split(/\n(?!--)/);
    for (const { from, to } of TRANSITIONS.filter((transition) => transition.verb === verb)) {
      expect(head).toContain(from);
      expect(head).toContain(to);
    }
  });

  test('every Lua fragment begins with its contract', () => {
    for (const name of fragments) {
      const text = readFileSync(new URL(name, luaFolder), 'utf8');
      expect(text.startsWith(`-- ${name.replace('.lua', '')}`), name).toBe(true);
    }
  });
});
