/** What the API said instead of an answer (`application/problem+json`), or that it said nothing. */
export interface Problem {
  readonly status: number;
  /** Stable; `docs/errors.md` lists them. `NO_ANSWER` when no request got through. */
  readonly code: string;
  readonly detail: string;
  readonly field?: string;
  readonly rule?: string;
  readonly jobId?: string;
}

/** Thrown by every call of the client that did not succeed after its retries. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: Problem;

  constructor(problem: Problem, options?: ErrorOptions) {
    super(`${problem.code}: ${problem.detail}`, options);
    this.problem = problem;
  }

  get code(): string {
    return this.problem.code;
  }

  get status(): number {
    return this.problem.status;
  }
}

/** Reads a problem from whatever came: gateways answer in their own words. */
export function readProblem(status: number, body: unknown): Problem {
  const field = (name: string): string | undefined => {
    const value =
      typeof body === 'object' && body !== null ? Object.entries(body).find(([key]) => key === name) : undefined;
    return typeof value?.[1] === 'string' ? value[1] : undefined;
  };
  const at = field('field');
  const rule = field('rule');
  const jobId = field('jobId');
  return {
    status,
    code: field('code') ?? `HTTP_${status}`,
    detail: field('detail') ?? `the server answered ${status}`,
    ...(at === undefined ? {} : { field: at }),
    ...(rule === undefined ? {} : { rule }),
    ...(jobId === undefined ? {} : { jobId }),
  };
}
