/** Pictures that every browser shows and that cannot carry script. */
export const SAFE_PICTURES: ReadonlySet<string> = new Set([
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/avif',
]);

const UNKNOWN = 'application/octet-stream';
const TEXTS: ReadonlyMap<string, string> = new Map([
  ['csv', 'text/csv'],
  ['tsv', 'text/tab-separated-values'],
  ['txt', 'text/plain'],
  ['json', 'application/json'],
  ['svg', 'image/svg+xml'],
]);

/**
 * The media type of a file by its first bytes; the ending of its name only tells one kind of text from another.
 * HTML and whatever else is not listed is bytes: nothing will take it for a page.
 */
export function fileType(name: string, head: Buffer): string {
  const ascii = head.toString('latin1', 0, 16);
  if (ascii.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (ascii.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (/^GIF8[79]a/.test(ascii)) return 'image/gif';
  if (ascii.startsWith('RIFF') && ascii.startsWith('WEBP', 8)) return 'image/webp';
  if (/^ftypavi[fs]/.test(ascii.slice(4))) return 'image/avif';
  if (ascii.startsWith('%PDF-')) return 'application/pdf';
  const ending = /\.([A-Za-z0-9]+)$/.exec(name)?.[1]?.toLowerCase() ?? '';
  return isText(head) ? (TEXTS.get(ending) ?? UNKNOWN) : UNKNOWN;
}

function isText(head: Buffer): boolean {
  if (head.includes(0)) return false;
  try {
    // The head may end within a character: that is no fault of the file.
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
    return true;
  } catch {
    return false;
  }
}
