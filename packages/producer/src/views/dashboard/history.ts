import type { HistoryPage } from 'prodwork/engine/history';
import { FINAL_STATES } from 'prodwork/job/job';
import { html } from '../html.ts';
import { dashboard, type Operated } from './frame.ts';
import { addressOf, jobsTable, select } from './jobs.ts';

/** As the form sent it; an empty text stands for "any". Days are those of UTC. */
export type HistoryAsked = {
  readonly [name in 'queue' | 'state' | 'type' | 'tag' | 'from' | 'to' | 'q' | 'cursor']: string;
};

export interface HistoryView extends Operated {
  readonly asked: HistoryAsked;
  readonly queues: readonly string[];
  readonly types: readonly string[];
  readonly page: HistoryPage;
  readonly now: number;
}

/** Everything that ended, also what Redis has let go of. */
export function historyPage(view: HistoryView): string {
  const { asked, page } = view;
  const main = html`<section class="card"><h1>History</h1>
<form method="get" action="/dashboard/history" class="filter" role="search">
${select('queue', 'Queue', asked.queue, view.queues)}
${select('state', 'Ended as', asked.state, ['', ...FINAL_STATES])}
${select('type', 'Type', asked.type, ['', ...view.types])}
<div class="field"><label for="tag">Tag</label><input id="tag" name="tag" maxlength="64" value="${asked.tag}"></div>
<div class="field"><label for="from">From (UTC)</label><input type="date" id="from" name="from" value="${asked.from}"></div>
<div class="field"><label for="to">To (UTC)</label><input type="date" id="to" name="to" value="${asked.to}"></div>
<div class="field wide"><label for="q">Words</label><input type="search" id="q" name="q" maxlength="200" value="${asked.q}" aria-describedby="q-help"><p class="help" id="q-help">All of them, in payload, result, error or id; "a phrase", or, -not.</p></div>
<button class="button primary" type="submit">Search</button></form>
${page.jobs.length === 0 ? html`<div class="empty"><p><strong>Nothing ended that is like that.</strong></p><p>Jobs appear here a moment after their end. What has not ended is under <a href="/dashboard/jobs?q=${asked.q}">Jobs</a>.</p></div>` : jobsTable(page.jobs, view.now)}
<p class="pages">${asked.cursor !== '' && html`<a class="button" href="${addressOf('/dashboard/history', { ...asked, cursor: '' })}">First page</a> `}${page.cursor !== undefined && html`<a class="button" href="${addressOf('/dashboard/history', { ...asked, cursor: page.cursor })}" rel="next">Next page</a>`}</p>
</section>`;
  return dashboard('History', 'history', view, main);
}
