import { ProdworkError } from 'prodwork/errors';

export const PAGE = { usual: 50, most: 200 } as const;

/**
 * `limit` and `before` of a query string.
 * @throws ProdworkError `INVALID_FIELD` with the bounds.
 */
export function readPaging(query: unknown): { readonly limit: number; readonly before?: number } {
  const asked = query as { readonly limit?: unknown; readonly before?: unknown };
  const limit = whole('limit', asked.limit, PAGE.most) ?? PAGE.usual;
  const before = whole('before', asked.before, Number.MAX_SAFE_INTEGER);
  return before === undefined ? { limit } : { limit, before };
}

function whole(field: string, value: unknown, max: number): number | undefined {
  if (value === undefined) return undefined;
  const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= 1 && number <= max) return number;
  const rule = `a whole number from 1 to ${max}`;
  throw new ProdworkError('INVALID_FIELD', `${field}: ${rule}.`, { field, rule });
}
