import { shown } from './table.ts';

/** A bar with a whisker from the lowest to the highest round. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly isOurs: boolean;
}

export interface BarGroup {
  readonly title: string;
  readonly unit: string;
  readonly bars: readonly Bar[];
}

const WIDTH = 760;
const LABEL = 150;
const VALUE = 110;
const BAR = 18;
const COLOURS = { ours: '#1f6feb', theirs: '#8b949e', ink: '#1f2328', whisker: '#57606a' } as const;

/** Groups of bars under each other, each group with its own scale from 0: a picture that cannot exaggerate. */
export function barChart(title: string, groups: readonly BarGroup[]): string {
  let y = 40;
  const parts: string[] = [];
  for (const { title: name, unit, bars } of groups) {
    parts.push(text(12, y + 12, `${name} (${unit})`, 'font-weight="600"'));
    y += 22;
    const most = Math.max(...bars.map(({ high }) => high), Number.MIN_VALUE);
    const scale = (value: number): number => (value / most) * (WIDTH - LABEL - VALUE);
    for (const bar of bars) {
      parts.push(barOf(bar, y, scale));
      y += BAR + 4;
    }
    y += 12;
  }
  return svg(title, WIDTH, y, parts);
}

function barOf({ label, value, low, high, isOurs }: Bar, y: number, scale: (value: number) => number): string {
  const middle = y + BAR / 2;
  const [from, to] = [LABEL + scale(low), LABEL + scale(high)];
  return [
    text(LABEL - 8, middle + 4, label, 'text-anchor="end"'),
    `<rect x="${LABEL}" y="${y}" width="${scale(value).toFixed(1)}" height="${BAR}" fill="${isOurs ? COLOURS.ours : COLOURS.theirs}"/>`,
    `<path d="M${from.toFixed(1)} ${middle}H${to.toFixed(1)}" stroke="${COLOURS.whisker}" stroke-width="2"/>`,
    text(Math.max(to, LABEL + scale(value)) + 8, middle + 4, shown(value)),
  ].join('');
}

export function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escaped(content)}</text>`;
}

export function svg(title: string, width: number, height: number, parts: readonly string[]): string {
  const open = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img"`;
  const style = `font-family="system-ui, sans-serif" font-size="12" fill="${COLOURS.ink}"`;
  return [
    `${open} aria-label="${escaped(title)}" ${style}>`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text(12, 24, title, 'font-size="15" font-weight="600"'),
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (content: string): string => content.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? '');
