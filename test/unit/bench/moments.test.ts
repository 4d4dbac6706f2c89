import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** Prints how far, at most, a moment lay before the look at the machine's clock ahead of it, or behind the one after it, ms. */
const LOOK = `
  const { now } = await import(${JSON.stringify(import.meta.resolve('../../bench/measure/moments.ts'))});
  const machine = () => Number(process.hrtime.bigint()) / 1e6;
  let off = -Infinity;
  for (let look = 0; look < 1000; look++) {
    const before = machine();
    const moment = now();
    const after = machine();
    off = Math.max(off, before - moment, moment - after);
  }
  console.log(off);
`;

test("a process that has just begun reads its moments from the machine's clock, as every other does", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', LOOK]);
  expect(Number(stdout)).toBeLessThan(0.05);
});
