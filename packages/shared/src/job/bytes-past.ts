/** How many bytes a text takes as UTF-8 when that is more than `limit`; a short one is not measured: a unit takes three at most. */
export function bytesPast(text: string, limit: number): number | undefined {
  if (text.length * 3 <= limit) return undefined;
  const bytes = Buffer.byteLength(text);
  return bytes > limit ? bytes : undefined;
}
