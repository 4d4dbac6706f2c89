import type { ScenarioResult } from '../run-scenario.ts';
import { chartOf } from './chart.ts';
import { escapeHtml } from './escape.ts';
import { STYLE } from './style.ts';
import type { Summary } from './summary.ts';

/** The report as one page: figures, the table, and for each run its time line, what was checked, and every fault. */
export function reportPage(summary: Summary, results: readonly ScenarioResult[]): string {
  const { seed, versions } = summary;
  const first = results[0]?.startedAt ?? Date.now();
  const made = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>prodwork chaos report, seed ${seed}</title><style>${STYLE}</style></head>
<body><main>
<h1>What was broken, and what became of the jobs</h1>
<p class="sub">seed ${seed} &middot; ${new Date(first).toISOString().slice(0, 16).replace('T', ' ')} UTC &middot; ${escapeHtml(made.join(', '))}</p>
${figures(summary)}
<p class="meta">Judged by a ledger outside the queue: the client writes a line before and after each submit, each worker one before and after each handler and one when the queue has recorded the end.</p>
${results.length > 1 ? overview(results) : ''}
${results.map(section).join('\n')}
</main></body></html>
`;
}

function figures({ jobs, faults, lost, doubleCommits, phantom, recoveryMs, unfinished }: Summary): string {
  const zero = (value: number): string => (value === 0 ? 'good' : 'bad');
  const ms = (value: number | null): string => (value === null ? '&ndash;' : `${value.toLocaleString('en')} ms`);
  const cells: readonly (readonly [string, string, string])[] = [
    [jobs.toLocaleString('en'), 'jobs accepted', ''],
    [faults.length.toLocaleString('en'), 'faults injected', ''],
    [String(lost), 'jobs lost', zero(lost)],
    [String(unfinished), 'jobs without an end', zero(unfinished)],
    [String(doubleCommits), 'double commits', zero(doubleCommits)],
    [String(phantom), 'phantoms', zero(phantom)],
    [ms(recoveryMs.p50), 'from kill -9 to the next start, p50', ''],
    [
      ms(recoveryMs.p99),
      'the same, p99 (bound 3,000 ms)',
      recoveryMs.p99 !== null && recoveryMs.p99 > 3_000 ? 'bad' : '',
    ],
  ];
  const figure = ([value, name, tone]: readonly [string, string, string]): string =>
    `<div class="figure"><b class="${tone}">${value}</b><span>${name}</span></div>`;
  return `<div class="figures">${cells.map(figure).join('')}</div>`;
}

function overview(results: readonly ScenarioResult[]): string {
  const row = (result: ScenarioResult, at: number): string => {
    const { id, title, verdict, faults, expected } = result;
    const name = expected ? `${escapeHtml(expected.name)} at ${id}` : escapeHtml(id);
    const what = expected ? expected.what : title;
    const number = (value: number | undefined): string => (value === undefined ? '' : value.toLocaleString('en'));
    return `<tr><td><a href="#run-${at}">${name}</a></td><td>${escapeHtml(what)}</td><td class="number">${number(verdict?.jobs)}</td><td class="number">${faults.length}</td><td class="number">${number(verdict?.lost)}</td><td class="number">${number(verdict?.doubleCommits)}</td><td>${badge(result)}</td></tr>`;
  };
  return `<section><h2>Runs</h2><div class="wide"><table><thead><tr><th>Run</th><th>Injected</th><th class="number">Jobs</th><th class="number">Faults</th><th class="number">Lost</th><th class="number">Double commits</th><th></th></tr></thead><tbody>${results.map(row).join('')}</tbody></table></div></section>`;
}

export function verdictWord({ outcome, expected }: Pick<ScenarioResult, 'outcome' | 'expected'>): {
  readonly word: string;
  readonly tone: string;
} {
  if (expected)
    return expected.isShown ? { word: 'red, as it must be', tone: 'warn' } : { word: 'not caught', tone: 'bad' };
  if (outcome === 'skipped') return { word: 'skipped', tone: 'warn' };
  return outcome === 'green' ? { word: 'green', tone: 'good' } : { word: 'red', tone: 'bad' };
}

function badge(result: ScenarioResult): string {
  const { word, tone } = verdictWord(result);
  return `<span class="badge ${tone}">${word}</span>`;
}

function section(result: ScenarioResult, at: number): string {
  const { id, title, expected, why, remarks, tookMs, checks, faults, startedAt, engine } = result;
  const name = expected ? `${expected.kind} ${expected.name} at ${id}` : id;
  const notes = [
    ...(why ? [why] : []),
    ...(expected ? [`${expected.what}; it must show ${expected.mustShow}`] : []),
    ...remarks,
  ];
  return `<section id="run-${at}"><div class="head"><h2>${escapeHtml(name)}: ${escapeHtml(title)}</h2>${badge(result)}<span class="meta">${engine}, ${(tookMs / 1_000).toFixed(0)} s</span></div>
${notes.map((note) => `<p class="meta">${escapeHtml(note)}</p>`).join('')}
<div class="wide">${chartOf(result)}</div>
${checkTable(checks)}
${faults.length === 0 ? '' : `<details${faults.length <= 12 ? ' open' : ''}><summary>${faults.length} faults</summary><ul class="list">${faults.map((fault) => `<li><b>${((fault.at - startedAt) / 1_000).toFixed(1)} s</b>${escapeHtml(`${fault.id} ${fault.detail}`)}</li>`).join('')}</ul></details>`}
</section>`;
}

function checkTable(checks: ScenarioResult['checks']): string {
  if (checks.length === 0) return '';
  const row = ({ what, measured, bound, isOk }: ScenarioResult['checks'][number]): string =>
    `<tr><td>${escapeHtml(what)}</td><td class="${isOk ? '' : 'bad'}">${escapeHtml(measured)}</td><td class="meta">${escapeHtml(bound)}</td><td>${isOk ? '<span class="good">ok</span>' : '<span class="bad">red</span>'}</td></tr>`;
  return `<div class="wide"><table><thead><tr><th>What must be seen</th><th>Measured</th><th>Bound</th><th></th></tr></thead><tbody>${checks.map(row).join('')}</tbody></table></div>`;
}
