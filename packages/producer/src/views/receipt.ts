import type { Delivery, Job, JobState } from 'prodwork/job/job';
import { FINAL_STATES } from 'prodwork/job/job';
import { clockTime, duration, number, plural } from './format.ts';
import { type Html, html } from './html.ts';
import { layout } from './layout.ts';
import { type FileUrl, fileUrls, pictures, value } from './value.ts';

export const isFinal = (state: JobState): boolean => FINAL_STATES.some((final) => final === state);

/** What each state means, for the person who waits. */
const MEANING: { readonly [state in JobState]: string } = {
  blocked: 'It waits for other jobs to end.',
  scheduled: 'It starts when its time has come.',
  waiting: 'It is stored, and starts as soon as a worker is free.',
  active: 'A worker is on it.',
  completed: 'Done, and the result is kept.',
  dead: 'It failed for good. Its payload is kept, and an operator can try it again.',
  cancelled: 'It was cancelled.',
  abandoned: 'Its worker died, and this type never starts twice. An operator can try it again.',
};

export interface ReceiptView {
  readonly job: Job;
  readonly now: number;
  readonly replica: string;
}

export function receiptPage(view: ReceiptView): string {
  const { job } = view;
  return layout({
    title: `${job.type}: ${job.state}`,
    replica: view.replica,
    ...(!isFinal(job.state) && { refreshSeconds: 2 }),
    main: html`<div class="columns" data-job="${job.id}">${receipt(job, view.now)}</div>
<p class="sr" role="status" data-said></p>
<p class="after"><a class="button" href="/?type=${job.type}">Submit another</a></p>`,
  });
}

export const stateChip = (state: JobState): Html => html`<span class="chip state-${state}">${state}</span>`;

const when = (at: number, now: number): Html =>
  html`<time datetime="${new Date(at).toISOString()}">${clockTime(at, now)}</time>`;

/** The part of the page that moves; the live stream sends it again whenever the job has changed. */
export function receipt(job: Job, now: number, under: Parameters<typeof fileUrls>[1] = '/jobs'): Html {
  const urlOf = fileUrls(job, under);
  return html`<section class="card receipt" data-state="${job.state}">
<p class="eyebrow">${job.type}</p>
<h1>${stateChip(job.state)} <span class="meaning">${job.cancelRequested === true && !isFinal(job.state) ? 'A cancel was asked for; its handler is being stopped.' : MEANING[job.state]}</span></h1>
${progress(job, urlOf)}
<dl class="facts">
<div><dt>Job</dt><dd><code>${job.id}</code></dd></div>
<div><dt>Submitted</dt><dd>${when(job.createdAt, now)}</dd></div>
${job.runAt !== undefined && job.state === 'scheduled' && html`<div><dt>Starts</dt><dd>${when(job.runAt, now)}${job.runAt > now && html` <span class="quiet">in ${duration(job.runAt - now)}</span>`}</dd></div>`}
${job.finishedAt !== undefined && html`<div><dt>Finished</dt><dd>${when(job.finishedAt, now)} <span class="quiet">after ${duration(job.finishedAt - job.createdAt)}</span></dd></div>`}
<div><dt>Attempts</dt><dd>${number(job.attempts)} of ${number(job.maxAttempts)}${job.generation > 1 && html` <span class="quiet">generation ${job.generation}</span>`}</dd></div>
${job.priority !== 'normal' && html`<div><dt>Priority</dt><dd>${job.priority}</dd></div>`}
<div><dt>Queue</dt><dd>${job.queue}</dd></div>
</dl>
${job.error !== undefined && html`<div class="block is-error"><h2>${isFinal(job.state) ? 'Error' : 'Last error'}</h2><p><code>${job.error.code}</code></p><pre tabindex="0">${job.error.message}</pre></div>`}
${job.result !== undefined && html`<div class="block"><h2>Result</h2>${pictures(job.result, urlOf)}${value(job.result, urlOf)}${job.verified !== undefined && html`<p class="small quiet">Verified ${when(job.verified.at, now)}</p>`}</div>`}
<details class="block"><summary>What was asked for</summary>${value(job.payload, urlOf)}</details>
</section>
${timeLine(job, now)}`;
}

function progress(job: Job, urlOf: FileUrl): Html {
  if (job.state === 'completed') return html`<progress max="100" value="100" aria-label="Progress">100%</progress>`;
  if (typeof job.progress === 'number' && job.state === 'active') {
    const percent = Math.min(100, Math.max(0, job.progress));
    return html`<div class="progress"><progress max="100" value="${percent}" aria-label="Progress">${Math.round(percent)}%</progress><span class="quiet">${Math.round(percent)}%</span></div>`;
  }
  if (job.state !== 'active') return html``;
  return html`<progress max="100" aria-label="Progress">running</progress>${job.progress !== undefined && value(job.progress, urlOf)}`;
}

const OUTCOMES: { readonly [outcome in NonNullable<Delivery['outcome']>]: string } = {
  completed: 'completed',
  failed: 'failed',
  cancelled: 'cancelled',
  released: 'handed back by its worker',
  crashed: 'lost its worker',
};

/** What happened, newest last, like a story. */
function timeLine(job: Job, now: number): Html {
  return html`<section class="card"><h2>Time line</h2><ol class="line-of-time">
<li class="is-done"><strong>Submitted</strong> <span class="quiet">${when(job.createdAt, now)}</span></li>
${job.deliveries.map((delivery) => deliveryItem(delivery, now))}
${job.state === 'waiting' && html`<li class="is-open"><strong>Waiting</strong> <span class="quiet">for ${duration(now - Math.max(job.createdAt, job.runAt ?? 0))} since it became due</span></li>`}
${job.state === 'scheduled' && job.runAt !== undefined && html`<li class="is-open"><strong>${job.attempts > 0 ? 'Next attempt' : 'Starts'}</strong> <span class="quiet">${when(job.runAt, now)}</span></li>`}
${isFinal(job.state) && html`<li class="is-${job.state}"><strong>${capital(job.state)}</strong>${job.finishedAt !== undefined && html` <span class="quiet">${when(job.finishedAt, now)}</span>`}</li>`}
</ol>${job.deliveries.length > 1 && html`<p class="small quiet">${plural(job.deliveries.length, 'delivery', 'deliveries')}, ${plural(job.attempts, 'attempt')}: being killed or drained costs a job no attempt.</p>`}</section>`;
}

function deliveryItem(delivery: Delivery, now: number): Html {
  const length = (delivery.endedAt ?? now) - delivery.startedAt;
  const outcome = delivery.outcome === undefined ? 'running' : OUTCOMES[delivery.outcome];
  return html`<li class="is-${delivery.outcome ?? 'open'}"><strong>${delivery.worker}</strong> ${outcome}${delivery.cause !== undefined && html` (${delivery.cause})`} <span class="quiet">${delivery.outcome === undefined ? 'for' : 'after'} ${duration(length)}, from ${when(delivery.startedAt, now)}</span></li>`;
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
