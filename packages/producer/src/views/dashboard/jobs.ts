import type { JobPage } from 'prodwork/engine/inspector';
import { JOB_STATES, type Job } from 'prodwork/job/job';
import { duration, number } from '../format.ts';
import { Html, html } from '../html.ts';
import { stateChip } from '../receipt.ts';
import { dashboard, type Operated } from './frame.ts';

/** What was asked for, as it stands in the address. */
export interface Asked {
  readonly queue: string;
  readonly state: string;
  readonly type: string;
  readonly q: string;
  readonly cursor: string;
}

export interface JobsView extends Operated {
  readonly asked: Asked;
  readonly queues: readonly string[];
  readonly types: readonly string[];
  readonly page: JobPage;
  readonly now: number;
}

export function jobsPage(view: JobsView): string {
  const { asked, page } = view;
  const isNarrowed = asked.state !== '' || asked.type !== '' || asked.q !== '';
  const next = page.cursor === undefined ? undefined : addressOf('/dashboard/jobs', { ...asked, cursor: page.cursor });
  const main = html`<section class="card"><h1>Jobs</h1>
<form method="get" action="/dashboard/jobs" class="filter" role="search">
${select('queue', 'Queue', asked.queue, view.queues)}
${select('state', 'State', asked.state, ['', ...JOB_STATES])}
${select('type', 'Type', asked.type, ['', ...view.types])}
<div class="field"><label for="q">Text in id or payload</label><input type="search" id="q" name="q" maxlength="200" value="${asked.q}"></div>
<button class="button primary" type="submit">Find</button></form>
${page.jobs.length === 0 ? noJobs(view, isNarrowed) : jobsTable(page.jobs, view.now)}
<p class="small quiet">${number(page.jobs.length)} shown, ${number(page.scanned)} looked at.${asked.q !== '' && html` A search here looks at a bounded number of jobs a page${view.hasHistory && html`; <a href="/dashboard/history?q=${asked.q}">the history</a> searches all that ended`}.`}</p>
<p class="pages">${asked.cursor !== '' && html`<a class="button" href="${addressOf('/dashboard/jobs', { ...asked, cursor: '' })}">First page</a> `}${next !== undefined && html`<a class="button" href="${next}" rel="next">${page.jobs.length === 0 ? 'Look further' : 'Next page'}</a>`}</p>
</section>`;
  return dashboard('Jobs', 'jobs', view, main);
}

function noJobs({ page, asked }: JobsView, isNarrowed: boolean): Html {
  if (page.cursor !== undefined)
    return html`<div class="empty"><p><strong>None on this page.</strong></p><p>Only a part was looked at: look further.</p></div>`;
  if (isNarrowed)
    return html`<div class="empty"><p><strong>No job is like that.</strong></p><p><a href="/dashboard/jobs?queue=${asked.queue}">Show all of them</a>; finished jobs are kept for a while only.</p></div>`;
  return html`<div class="empty"><p><strong>No jobs yet.</strong></p><p>Send one with <a href="/">the form</a> or <code>npx prodwork submit sleep '{"seconds": 2}'</code>.</p></div>`;
}

export function jobsTable(jobs: readonly Job[], now: number): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Jobs"><table><thead><tr><th scope="col">State</th><th scope="col">Type</th><th scope="col">Age</th><th scope="col">Attempts</th><th scope="col">Job</th><th scope="col">Error</th></tr></thead><tbody>${jobs.map(
    (job) =>
      html`<tr><td>${stateChip(job.state)}</td><td>${job.type}</td><td class="nowrap">${duration(now - job.createdAt)}</td><td>${job.attempts}/${job.maxAttempts}</td><td><a href="${jobAddress(job)}"><code>${job.id}</code></a></td><td class="cut">${job.error?.message.slice(0, 120)}</td></tr>`,
  )}</tbody></table></div>`;
}

/** A generated id names its own queue; a chosen one is looked for in the queue that is named. */
export const jobAddress = ({ id, queue }: Pick<Job, 'id' | 'queue'>): string =>
  `/dashboard/jobs/${encodeURIComponent(id)}${id.includes('.') ? '' : `?queue=${queue}`}`;

export const select = (name: string, label: string, value: string, choices: readonly string[]): Html =>
  html`<div class="field"><label for="${name}">${label}</label><select id="${name}" name="${name}">${choices.map((choice) => html`<option value="${choice}"${new Html(choice === value ? ' selected' : '')}>${choice === '' ? 'any' : choice}</option>`)}</select></div>`;

export function addressOf(path: string, asked: { readonly [name: string]: string }): string {
  const query = new URLSearchParams(Object.entries(asked).filter(([, value]) => value !== ''));
  return `${path}?${query}`;
}
