import type { Table } from './csv-table.ts';

interface Bar {
  readonly label: string;
  readonly count: number;
}

const PANELS = 4;
const BINS = 12;
const WIDTH = 640;
const PANEL_HEIGHT = 190;

/** Colours of its own, since a picture knows nothing of the page around it but the reader's scheme. */
const STYLE = `text{font:13px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;fill:#59627a}.title{font-weight:600;font-size:15px;fill:#1c2230}.bar{fill:#3453d1}.axis{stroke:#dfe3ea}
@media (prefers-color-scheme:dark){text{fill:#a0a9bd}.title{fill:#e8ebf2}.bar{fill:#8ea6ff}.axis{stroke:#2c3342}}`;

/** How the numbers of a table are spread; of a table without numbers, how often each text occurs. An SVG document. */
export function chart({ numbers, texts, rows }: Table): string {
  const panels = [...numbers].slice(0, PANELS).map(([name, values], at) => histogram(name, values, at * PANEL_HEIGHT));
  if (panels.length === 0 && texts !== undefined) {
    panels.push(
      bars(
        `${texts.name}: the most frequent`,
        texts.counts.map(([label, count]) => ({ label, count })),
      ),
    );
  }
  if (panels.length === 0) panels.push(label(WIDTH / 2, 90, 'No values to draw', 'title', 'middle'));
  const height = Math.max(
    panels.length * PANEL_HEIGHT,
    texts && numbers.size === 0 ? barsHeight(texts.counts.length) : 0,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img"><title>${escapeXml(`Chart of ${rows} rows`)}</title><style>${STYLE}</style>${panels.join('')}</svg>\n`;
}

function histogram(name: string, values: readonly number[], top: number): string {
  let least = Infinity;
  let most = -Infinity;
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const step = (most - least) / BINS || 1;
  const counts = new Array<number>(most === least ? 1 : BINS).fill(0);
  for (const value of values) {
    const bin = Math.min(counts.length - 1, Math.floor((value - least) / step));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  const highest = Math.max(...counts);
  const [left, right, base, tall] = [16, WIDTH - 16, top + 150, 105];
  const wide = (right - left) / counts.length;
  const columns = counts.map((count, at) => {
    const high = count === 0 ? 0 : Math.max(2, (count / highest) * tall);
    return `<rect class="bar" x="${round(left + at * wide + 1.5)}" y="${round(base - high)}" width="${round(Math.min(wide - 3, 120))}" height="${round(high)}" rx="2"/>`;
  });
  return `${label(left, top + 24, name, 'title')}${label(right, top + 24, `highest bar: ${highest.toLocaleString('en-US')}`, '', 'end')}${columns.join('')}<line class="axis" x1="${left}" x2="${right}" y1="${base}" y2="${base}"/>${label(left, base + 20, short(least))}${label(right, base + 20, short(most), '', 'end')}`;
}

const barsHeight = (count: number): number => 60 + count * 32;

function bars(title: string, items: readonly Bar[]): string {
  const highest = Math.max(1, ...items.map(({ count }) => count));
  const rows = items.map(({ label: text, count }, at) => {
    const y = 46 + at * 32;
    const wide = (count / highest) * (WIDTH - 300);
    return `${label(16, y + 15, text.length > 24 ? `${text.slice(0, 23).toWellFormed()}…` : text)}<rect class="bar" x="220" y="${y}" width="${round(wide)}" height="20" rx="3"/>${label(228 + wide, y + 15, count.toLocaleString('en-US'))}`;
  });
  return label(16, 24, title, 'title') + rows.join('');
}

function label(x: number, y: number, text: string, name = '', anchor = 'start'): string {
  const kind = name === '' ? '' : ` class="${name}"`;
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"${kind}>${escapeXml(text)}</text>`;
}

const round = (value: number): number => Math.round(value * 10) / 10;
const short = (value: number): string =>
  Number(value.toPrecision(6)).toLocaleString('en-US', { maximumFractionDigits: 6 });

/** Names come from the table: nothing in them may be markup, or a character that XML does not have. */
function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
