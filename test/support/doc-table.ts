import { readFileSync, writeFileSync } from 'node:fs';

const BEGIN = '<!-- printed from the code: npx vitest run test/unit/docs with UPDATE_DOCS=1 -->';
const END = '<!-- end -->';

/** A Markdown table; cells may hold pipes. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

/**
 * The part of a page that is printed from the code, between its two marks.
 * With UPDATE_DOCS=1 in the environment it is written first.
 */
export function printedPart(page: URL, expected: string): string {
  const text = readFileSync(page, 'utf8');
  const from = text.indexOf(BEGIN);
  const to = text.indexOf(END);
  if (from < 0 || to < from) throw new Error(`${page.pathname} has no printed part`);
  if (process.env.UPDATE_DOCS === '1') {
    writeFileSync(page, `${text.slice(0, from)}${BEGIN}\n\n${expected}\n\n${text.slice(to)}`);
    return expected;
  }
  return text.slice(from + BEGIN.length, to).trim();
}
