import { expect, test } from 'vitest';
import { judgeAudit } from '../../../compose/run/checks/audit-answer.ts';

const answer = { hasFailed: false, isCut: false, stdout: '', stderr: '' };

test('an audit that finds nothing passes', () => {
  expect(judgeAudit({ ...answer, stdout: 'No known vulnerabilities found' })).toEqual({ verdict: 'nothing known' });
});

test('a weakness is a weakness, with what the registry says of it', () => {
  const verdict = judgeAudit({ ...answer, hasFailed: true, stdout: '1 vulnerabilities found\nSeverity: 1 high' });
  expect(verdict).toMatchObject({ verdict: 'weaknesses found', why: expect.stringContaining('1 high') });
});

test('a registry that refuses, is away or is silent was not asked, and the reason is said', () => {
  const refused = 'Error: ERR_PNPM_AUDIT_BAD_RESPONSE\n  x The audit endpoint responded with 405';
  expect(judgeAudit({ ...answer, hasFailed: true, stderr: refused })).toMatchObject({
    verdict: 'not asked',
    why: expect.stringContaining('ERR_PNPM_AUDIT_BAD_RESPONSE'),
  });
  expect(judgeAudit({ ...answer, hasFailed: true, stderr: 'getaddrinfo ENOTFOUND registry' }).verdict).toBe(
    'not asked',
  );
  expect(judgeAudit({ ...answer, hasFailed: true, isCut: true }).verdict).toBe('not asked');
});
