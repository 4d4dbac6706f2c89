import type { QueueView } from 'prodwork/engine/inspector';
import { JOB_STATES, type JobState } from 'prodwork/job/job';
import type { Snapshot } from '../../live/snapshot.ts';
import { duration, number } from '../format.ts';
import { gauge } from '../gauge.ts';
import { type Html, html } from '../html.ts';
import { actButton, dashboard, type Operated } from './frame.ts';

export interface OverviewView extends Operated {
  readonly queues: readonly QueueView[];
  readonly snapshot: Snapshot | undefined;
  readonly canPause: boolean;
}

/** Every queue with its counts, and the workers of the served one. */
export function overviewPage(view: OverviewView): string {
  const main = html`<div class="columns"><section class="card" aria-labelledby="queues-title" data-again>
<h1 id="queues-title">Queues</h1>
${
  view.queues.length === 0
    ? html`<div class="empty"><p><strong>Nothing was ever submitted here.</strong></p><p>Send a first job with <a href="/">the form</a>; its queue appears here.</p></div>`
    : view.queues.map((queue) => queueCard(queue, view.canPause))
}
</section>
<section class="gauge" aria-label="The queue now" data-gauge>${gauge(view.snapshot)}</section></div>
<div data-again>${workersAtWork(view.snapshot)}</div>`;
  return dashboard('Dashboard', 'overview', view, main);
}

const SHOWN: readonly JobState[] = ['waiting', 'active', 'completed', 'dead'];

function queueCard({ name, isPaused, counts, oldestWaitingMs, totals }: QueueView, canPause: boolean): Html {
  const states = JOB_STATES.filter((state) => SHOWN.includes(state) || counts[state] > 0);
  const verb = isPaused ? 'resume' : 'pause';
  return html`<article class="queue">
<div class="queue-head"><h2>${name}${isPaused && html` <span class="chip state-scheduled">paused</span>`}</h2>${canPause && actButton(`/dashboard/queues/${name}/${verb}`, isPaused ? 'Resume' : 'Pause')}</div>
<ul class="states">${states.map(
    (state) =>
      html`<li><a href="/dashboard/jobs?queue=${name}&amp;state=${state}"><span class="chip state-${state}">${state}</span> <strong>${number(counts[state])}</strong></a></li>`,
  )}</ul>
<p class="small quiet">${counts.waiting > 0 ? html`Oldest has waited ${duration(oldestWaitingMs)}` : 'Nothing waits'} · ${number(totals.submitted)} submitted, ${number(totals.completed)} completed, ${number(totals.failedAttempts)} failed attempts, ${number(totals.redelivered)} redelivered in all</p>
</article>`;
}

/** What each worker has in hand, with its way to the job; the gauge beside it shows no ids. */
function workersAtWork(snapshot: Snapshot | undefined): Html {
  const busy = snapshot?.workers.flatMap((worker) => worker.jobs.map((job) => ({ worker: worker.name, ...job }))) ?? [];
  if (snapshot === undefined || busy.length === 0) return html``;
  return html`<section class="card"><h2>In hand now</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Jobs in hand"><table><thead><tr><th scope="col">Worker</th><th scope="col">Type</th><th scope="col">For</th><th scope="col">Job</th></tr></thead><tbody>${busy
    .slice(0, 100)
    .map(
      (job) =>
        html`<tr><td>${job.worker}</td><td>${job.type}</td><td>${duration(Math.max(0, snapshot.at - job.startedAt))}</td><td><a href="/dashboard/jobs/${job.id}"><code>${job.id}</code></a></td></tr>`,
    )}</tbody></table></div></section>`;
}
