import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { svg, text } from '../report/chart.ts';
import type { Machine } from '../report/results.ts';
import { markdown, shown } from '../report/table.ts';
import { type Curve, GROWTH_IDS, type Growth } from './curve.ts';

const [PANEL, HEIGHT, LEFT, TOP, BOTTOM] = [250, 170, 60, 34, 34];
const PER_ROW = 3;

export function growthTable({ x, curves, leftOut }: Growth): string {
  const steps = [...new Set(curves.flatMap(({ points }) => points.map((point) => point.x)))].sort((a, b) => a - b);
  const rows = steps.map((step) => [
    step.toLocaleString('en-US'),
    ...curves.map(({ points }) => {
      const found = points.find((point) => point.x === step);
      return found === undefined ? '' : shown(found.y);
    }),
  ]);
  const table = markdown([x, ...curves.map(({ title, unit }) => `${title} (${unit})`)], rows);
  return [table, ...leftOut.map((line) => `Left out: ${line}.`)].join('\n\n');
}

/** One small panel per figure: each has a scale of its own from 0; what grows is on a logarithmic axis. */
export function growthPicture({ title, x, curves }: Growth): string {
  const parts = curves.flatMap((curve, at) => {
    const [left, top] = [(at % PER_ROW) * (PANEL + 20), 40 + Math.floor(at / PER_ROW) * (HEIGHT + 20)];
    return [`<g transform="translate(${left} ${top})">`, ...panel(curve, x), '</g>'];
  });
  const rows = Math.ceil(curves.length / PER_ROW);
  return svg(title, PER_ROW * (PANEL + 20), 50 + rows * (HEIGHT + 20), parts);
}

function panel({ title, unit, points }: Curve, x: string): readonly string[] {
  const xs = points.map((point) => Math.log10(point.x));
  const [first, last] = [Math.min(...xs), Math.max(...xs)];
  const most = Math.max(...points.map(({ y }) => y), Number.MIN_VALUE);
  const across = (value: number): number =>
    LEFT + ((Math.log10(value) - first) / Math.max(last - first, 1e-9)) * (PANEL - LEFT - 16);
  const up = (value: number): number => HEIGHT - BOTTOM - (value / most) * (HEIGHT - BOTTOM - TOP);
  const line = points.map(
    (point, at) => `${at === 0 ? 'M' : 'L'}${across(point.x).toFixed(1)} ${up(point.y).toFixed(1)}`,
  );
  return [
    text(8, 14, title, 'font-weight="600"'),
    text(8, 28, unit, 'font-size="10"'),
    `<path d="M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${PANEL - 8}" fill="none" stroke="#8b949e"/>`,
    text(LEFT - 6, TOP + 6, shown(most), 'text-anchor="end" font-size="10"'),
    text(LEFT - 6, HEIGHT - BOTTOM, '0', 'text-anchor="end" font-size="10"'),
    `<path d="${line.join('')}" fill="none" stroke="#1f6feb" stroke-width="2"/>`,
    ...points.map(
      (point) => `<circle cx="${across(point.x).toFixed(1)}" cy="${up(point.y).toFixed(1)}" r="3" fill="#1f6feb"/>`,
    ),
    ...points.map((point) =>
      text(across(point.x), HEIGHT - BOTTOM + 14, compact(point.x), 'text-anchor="middle" font-size="10"'),
    ),
    text(PANEL - 8, HEIGHT - 6, x, 'text-anchor="end" font-size="10"'),
  ];
}

const compact = (value: number): string =>
  value >= 1e6 ? `${value / 1e6}M` : value >= 1e3 ? `${Math.round(value / 1e3)}k` : String(value);

export async function writeGrowth(
  growths: readonly Growth[],
  dir: string,
  { command, at, machine }: { readonly command: string; readonly at: string; readonly machine: Machine },
): Promise<void> {
  const pictures = join(dir, 'bench');
  await mkdir(pictures, { recursive: true });
  for (const growth of growths) {
    await writeFile(join(pictures, `growth-${growth.id}.svg`), growthPicture(growth));
    const section = [
      `## ${growth.title}`,
      `Written by \`${command}\` on ${at.slice(0, 10)}, on ${machine.cores} cores (${machine.cpu}), ${machine.memoryGiB} GiB.`,
      growthTable(growth),
      `![${growth.title}](bench/growth-${growth.id}.svg)`,
    ];
    await writeFile(join(pictures, `growth-${growth.id}.txt`), section.join('\n\n'));
  }
  // Curves can be measured one at a time: the page holds what there is of them.
  const sections = await Promise.all(
    GROWTH_IDS.map((id) => readFile(join(pictures, `growth-${id}.txt`), 'utf8').catch(() => undefined)),
  );
  const page = ['# How cost grows', HOW, ...sections.filter((text) => text !== undefined), ''];
  await writeFile(join(dir, 'growth.md'), page.join('\n\n'));
}

const HOW =
  'One run per point: read the direction, not the third digit. [How it is measured](benchmark.md#how-it-is-measured).';
