import type { ScenarioResult } from '../run-scenario.ts';
import { escapeHtml } from './escape.ts';
import { nameOf, toneOf } from './fault-names.ts';
import type { Timeline } from './timeline.ts';

const WIDTH = 1_080;
const LEFT = 88;
const RIGHT = 16;
const PLOT = WIDTH - LEFT - RIGHT;
const LANE = 13;
const BAND = 84;
const GAP = 26;

interface Scale {
  x(seconds: number): number;
}

/** The run as it went: throughput, what waited, the lives of the processes, and every fault with its recovery. */
export function chartOf({ timeline, faults, startedAt, title }: ScenarioResult): string {
  if (timeline === undefined) return '';
  const scale: Scale = { x: (seconds) => LEFT + (Math.min(seconds, timeline.seconds) / timeline.seconds) * PLOT };
  const spans = faults.map((fault) => ({
    ...fault,
    from: (fault.at - startedAt) / 1_000,
    to: ((fault.until ?? fault.at) - startedAt) / 1_000,
    recovered: fault.recoveredMs === undefined ? undefined : (fault.at + fault.recoveredMs - startedAt) / 1_000,
  }));
  const names = [...new Set(timeline.lives.map(({ name }) => name))];
  const faultRows = packRows(spans, scale);
  const faultTop = 8;
  const throughputTop = faultTop + (Math.max(...faultRows, 0) + 1) * 15 + GAP;
  const waitingTop = throughputTop + BAND + GAP;
  const livesTop = waitingTop + BAND + GAP;
  const height = livesTop + names.length * LANE + 24;
  const parts = [
    ...spans.map((span, at) => faultMark(span, faultTop + (faultRows[at] ?? 0) * 15, height - 22, scale)),
    band('jobs a second', throughputTop, scale, [
      { values: timeline.committed, kind: 'area', className: 'committed', name: 'committed' },
      { values: timeline.accepted, kind: 'line', className: 'accepted', name: 'accepted' },
    ]),
    band('in the queue', waitingTop, scale, [
      { values: perSecond(timeline, 'waiting'), kind: 'area', className: 'waiting', name: 'waiting' },
      { values: perSecond(timeline, 'active'), kind: 'line', className: 'active', name: 'active' },
    ]),
    ...names.map((name, row) => lifeLane(name, livesTop + row * LANE, timeline, scale)),
    axis(timeline.seconds, height - 18, scale),
  ];
  const label = `Time line of ${escapeHtml(title)}`;
  const legend = [...new Set(faults.map(({ id }) => id))]
    .sort()
    .map((id) => `<span style="--tone:${toneOf(id)}"><i></i>${escapeHtml(`${id} ${nameOf(id)}`)}</span>`);
  return `<svg class="chart" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${label}">${parts.join('')}</svg><p class="key">${legend.join('')}</p>`;
}

interface Span {
  readonly id: string;
  readonly detail: string;
  readonly from: number;
  readonly to: number;
  readonly recovered: number | undefined;
}

/** Narrower, and the number of the fault would not fit into its mark. */
const MARK = 17;
const ROWS = 7;

/** Puts marks that would cover each other on different rows. */
function packRows(spans: readonly Span[], { x }: Scale): readonly number[] {
  const freeAt: number[] = [];
  return spans.map(({ from, to, recovered = 0 }) => {
    const found = freeAt.findIndex((at) => at <= x(from));
    const row = found >= 0 ? found : Math.min(freeAt.length, ROWS - 1);
    freeAt[row] = Math.max(x(from) + MARK, x(to), x(recovered)) + 2;
    return row;
  });
}

function faultMark({ id, detail, from, to, recovered }: Span, y: number, bottom: number, { x }: Scale): string {
  const at = x(from);
  const lasts = Math.max(MARK, x(to) - at);
  const recovery =
    recovered !== undefined && x(recovered) - at > lasts
      ? `<rect class="recovery" x="${at + lasts}" y="${y + 4}" width="${n(x(recovered) - at - lasts)}" height="4"/>`
      : '';
  const seconds = recovered === undefined ? '' : `; recovered after ${(recovered - from).toFixed(1)} s`;
  const note = escapeHtml(`${id} at ${from.toFixed(1)} s: ${detail}${seconds}`);
  return `<g class="fault" style="--tone:${toneOf(id)}"><title>${note}</title><line x1="${n(at)}" x2="${n(at)}" y1="${y}" y2="${bottom}"/><rect x="${n(at)}" y="${y}" width="${n(lasts)}" height="12" rx="2"/><text x="${n(at + 3)}" y="${y + 9.5}">${escapeHtml(id.replace(/^F(\d+).*/, '$1'))}</text>${recovery}</g>`;
}

interface Series {
  readonly values: readonly (number | undefined)[];
  readonly kind: 'area' | 'line';
  readonly className: string;
  readonly name: string;
}

function band(title: string, top: number, { x }: Scale, series: readonly Series[]): string {
  const most = Math.max(1, ...series.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const ceiling = niceCeiling(most);
  const bottom = top + BAND;
  const y = (value: number): number => bottom - (value / ceiling) * BAND;
  const drawn = series.map(({ values, kind, className }) => {
    // A gap in the line: the queue did not answer then.
    const runs = runsOf(values).map((run) => {
      const points = run.map(([second, value]) => `${n(x(second + 0.5))},${n(y(value))}`);
      if (kind === 'line') return `<polyline class="${className}" points="${points.join(' ')}"/>`;
      const [first = [0, 0]] = run;
      const last = run.at(-1) ?? first;
      return `<polygon class="${className}" points="${n(x(first[0] + 0.5))},${bottom} ${points.join(' ')} ${n(x(last[0] + 0.5))},${bottom}"/>`;
    });
    return runs.join('');
  });
  const legend = series.map(
    ({ className, name }, at) =>
      `<g class="legend ${className}"><rect x="${LEFT + 110 + at * 110}" y="${top - 15}" width="9" height="9"/><text x="${LEFT + 124 + at * 110}" y="${top - 7}">${name}</text></g>`,
  );
  const grid = [0, ceiling / 2, ceiling].map(
    (value) =>
      `<line class="grid" x1="${LEFT}" x2="${LEFT + PLOT}" y1="${n(y(value))}" y2="${n(y(value))}"/><text class="tick" x="${LEFT - 8}" y="${n(y(value) + 3.5)}" text-anchor="end">${value.toLocaleString('en')}</text>`,
  );
  return `<g><text class="title" x="${LEFT}" y="${top - 7}">${title}</text>${legend.join('')}${grid.join('')}${drawn.join('')}</g>`;
}

function lifeLane(name: string, top: number, timeline: Timeline, { x }: Scale): string {
  const bars = timeline.lives
    .filter((life) => life.name === name)
    .map(({ from, to = timeline.seconds }) => {
      const width = Math.max(1, x(to) - x(from) - 1);
      return `<rect class="life" x="${n(x(from))}" y="${top}" width="${n(width)}" height="${LANE - 4}" rx="1.5"><title>${escapeHtml(name)}: ${from.toFixed(1)} s to ${to.toFixed(1)} s</title></rect>`;
    });
  return `<text class="lane" x="${LEFT - 8}" y="${top + LANE - 5}" text-anchor="end">${escapeHtml(name)}</text>${bars.join('')}`;
}

function axis(seconds: number, y: number, { x }: Scale): string {
  const step = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600].find((one) => seconds / one <= 14) ?? 1_200;
  const ticks = Array.from({ length: Math.floor(seconds / step) + 1 }, (_, at) => at * step);
  return ticks
    .map(
      (at) =>
        `<text class="tick" x="${n(x(at))}" y="${y + 12}" text-anchor="middle">${at >= 120 ? `${+(at / 60).toFixed(1)} min` : `${at} s`}</text>`,
    )
    .join('');
}

function perSecond({ samples, seconds }: Timeline, field: 'waiting' | 'active'): readonly (number | undefined)[] {
  const values = new Array<number | undefined>(seconds).fill(undefined);
  for (const sample of samples) {
    const at = Math.floor(sample.t);
    if (at >= 0 && at < seconds && sample[field] !== undefined) values[at] = sample[field];
  }
  return values;
}

function runsOf(values: readonly (number | undefined)[]): readonly (readonly (readonly [number, number])[])[] {
  const runs: [number, number][][] = [];
  for (const [at, value] of values.entries()) {
    if (value === undefined) continue;
    const run = runs.at(-1);
    if (run !== undefined && (run.at(-1)?.[0] ?? 0) === at - 1) run.push([at, value]);
    else runs.push([[at, value]]);
  }
  return runs;
}

function niceCeiling(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most));
  return ([1, 2, 4, 5, 8, 10].find((factor) => factor * power >= most) ?? 10) * power;
}

const n = (value: number): string => String(Math.round(value * 10) / 10);
