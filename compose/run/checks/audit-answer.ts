/** What `pnpm audit` left behind. */
export interface AuditAnswer {
  readonly hasFailed: boolean;
  /** It was ended because it took too long. */
  readonly isCut: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

export interface AuditVerdict {
  readonly verdict: 'nothing known' | 'weaknesses found' | 'not asked';
  readonly why?: string;
}

/** A refusal or a silence of the registry; what pnpm says of packages begins otherwise. */
const UNREACHABLE =
  /ERR_PNPM_AUDIT_|ERR_PNPM_FETCH|ERR_PNPM_META_FETCH|ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|error sending request/;

export function judgeAudit({ hasFailed, isCut, stdout, stderr }: AuditAnswer): AuditVerdict {
  const text = `${stdout}\n${stderr}`;
  if (!hasFailed) return { verdict: 'nothing known' };
  if (isCut) return { verdict: 'not asked', why: 'the registry did not answer in time' };
  const refusal = text.split('\n').find((line) => UNREACHABLE.test(line));
  if (refusal !== undefined)
    return { verdict: 'not asked', why: `the registry does not answer audits (${refusal.trim()})` };
  return { verdict: 'weaknesses found', why: `\n${text.trim()}` };
}
