import { describe, expect, it } from 'vitest';
import { type Report, totalsLine, totalsOf } from '../../../compose/run/checks/totals.ts';

const green: Report = {
  success: true,
  numPassedTests: 7,
  numFailedTests: 0,
  numPendingTests: 0,
  testResults: [{ name: 'a.test.ts', status: 'passed', assertionResults: [{ status: 'passed' }] }],
};

describe('the totals of a test run', () => {
  it('are what vitest counted', () => {
    expect(totalsOf({ ...green, success: false, numFailedTests: 2, numPendingTests: 1, numTodoTests: 1 })).toEqual({
      passed: 7,
      failed: 2,
      skipped: 2,
    });
  });

  it('count a file that could not be loaded as a failure', () => {
    const broken = { name: 'b.test.ts', status: 'failed', assertionResults: [] };
    expect(totalsOf({ ...green, success: false, testResults: [broken, broken] })).toMatchObject({ failed: 2 });
  });

  it('are never green for a run that failed outside of its tests', () => {
    expect(totalsOf({ ...green, success: false })).toMatchObject({ failed: 1 });
  });

  it('read as one line, with the skipped ones only when there are any', () => {
    expect(totalsLine({ passed: 7, failed: 0, skipped: 0 })).toBe('7 passed, 0 failed');
    expect(totalsLine({ passed: 7, failed: 1, skipped: 2 })).toBe('7 passed, 1 failed, 2 skipped');
  });
});
