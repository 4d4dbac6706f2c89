import { SYSTEM_NAMES, TITLES } from '../systems/system.ts';
import { TARGETS, targetOf } from '../targets.ts';
import type { Measurement, RatioRow, Results } from './results.ts';

/** Three digits that count: 0.0123, 4.56, 123, 45,600. */
export function shown(value: number): string {
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  if (value >= 1000) return Number(value.toPrecision(3)).toLocaleString('en-US');
  return value.toFixed(Math.min(digits, 4));
}

const times = (ratio: number): string => `${shown(ratio)}x`;

const VERDICTS = { aim: 'reaches the aim', must: 'holds', neither: '**missed**' } as const;

/** The promised ratios: what a reader wants first. */
export function ratioTable({ ratios, measurements, isQuick }: Results): string {
  const rows = ratios
    .filter(({ must }) => must !== undefined)
    .map((row) => {
      const target = targetOf(row.id);
      const [ours, theirs] = sidesOf(row, measurements);
      const spread = `${times(row.ratio)} (${shown(row.low)} to ${shown(row.high)})`;
      const { must = 0, aim = 0, reaches = 'neither' } = row;
      const values = [ours, theirs].map((side) => (side === undefined ? '' : shown(side.value)));
      return [
        ...[`\`${row.id}\``, target?.title ?? '', target?.unit ?? '', ...values, row.against],
        ...[spread, times(must), times(aim), isQuick ? 'not judged: --quick' : VERDICTS[reaches]],
      ];
    });
  const head = ['Id', 'What', 'Unit', 'prodwork', 'theirs', 'they are', 'ratio (rounds)', 'must', 'aim', ''];
  return markdown(head, rows);
}

/** The same for a reader with a minute. */
export function shortTable({ ratios, measurements }: Results): string {
  const rows = ratios
    .filter(({ must }) => must !== undefined)
    .map((row) => {
      const target = targetOf(row.id);
      const values = sidesOf(row, measurements).map((side) => (side === undefined ? '' : shown(side.value)));
      const better = target?.better === 'lower' ? 'less is better' : 'more is better';
      return [
        `\`${row.id}\``,
        `${target?.title ?? ''}, ${target?.unit ?? ''} (${better})`,
        ...values,
        row.against,
        times(row.ratio),
      ];
    });
  return markdown(['Id', 'What', 'prodwork', 'other', 'which is', 'ratio'], rows);
}

function sidesOf({ id, against }: RatioRow, all: readonly Measurement[]): readonly (Measurement | undefined)[] {
  const ours = all.find((one) => one.id === id && one.system === 'prodwork');
  const theirs =
    all.find((one) => one.id === id && one.system === against) ??
    all.find((one) => one.id === against && one.system === 'prodwork');
  return [ours, theirs];
}

/** Every figure of every system, medians with lowest and highest round. */
export function figureTable({ measurements }: Results): string {
  const systems = SYSTEM_NAMES.filter((name) => measurements.some(({ system }) => system === name));
  const rows = TARGETS.flatMap(({ id, title, unit }) => {
    const cells = systems.map((name) => cellOf(measurements.find((one) => one.id === id && one.system === name)));
    return cells.some((cell) => cell !== '') ? [[`\`${id}\``, title, unit, ...cells]] : [];
  });
  const limits = measurements.filter(({ system }) => system === 'redis-benchmark' || system === 'fastify');
  const notes = limits.map((one) => `- \`${one.id}\` of ${one.system}: ${cellOf(one)} ${one.unit}`);
  const head = ['Id', 'What', 'Unit', ...systems.map((name) => TITLES[name])];
  return [markdown(head, rows), notes.join('\n')].filter((part) => part !== '').join('\n\n');
}

const cellOf = (one: Measurement | undefined): string =>
  one === undefined
    ? ''
    : `${shown(one.value)}${one.runs.length > 1 ? ` (${shown(one.low)} to ${shown(one.high)})` : ''}`;

export function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
