import type { Why } from 'prodwork/engine/inspector';
import type { Job } from 'prodwork/job/job';
import { number } from '../format.ts';
import { type Html, html } from '../html.ts';
import { isFinal, receipt } from '../receipt.ts';
import { actButton, dashboard, type Operated } from './frame.ts';
import { jobAddress } from './jobs.ts';

export interface JobView extends Operated {
  readonly job: Job;
  readonly why: Why | undefined;
  readonly canCancel: boolean;
  readonly canRetry: boolean;
  /** Changes come by the stream; else the page asks again. */
  readonly isLive: boolean;
  readonly now: number;
}

/** The receipt, with what an operator may do about it. */
export function jobPage(view: JobView): string {
  const { job, why } = view;
  const main = html`<section class="card acts" aria-label="What you can do">
${!isFinal(job.state) && why !== undefined && html`<p><strong>Why is it not done?</strong> ${why.detail}${why.ahead !== undefined && html` <span class="quiet">${number(why.ahead)} ahead of it in its lane.</span>`}</p>`}
<div class="actions">${acts(view)}</div></section>
<div class="columns"${view.isLive ? html` data-job="${job.id}"` : html` data-again`}>${receipt(job, view.now, view.isLive ? '/jobs' : '/dashboard/jobs')}</div>
<p class="sr" role="status" data-said></p>
<p class="after"><a class="button" href="/dashboard/jobs?queue=${job.queue}&amp;type=${job.type}">All of type ${job.type}</a></p>`;
  return dashboard(`${job.type}: ${job.state}`, undefined, view, main);
}

function acts({ job, canCancel, canRetry }: JobView): readonly Html[] {
  const to = (verb: string): string => jobAddress(job).replace(/(?=\?|$)/, `/${verb}`);
  const isReopenable = ['dead', 'cancelled', 'abandoned'].includes(job.state);
  const buttons: Html[] = [];
  if (canRetry && isReopenable) buttons.push(actButton(to('retry'), 'Try again', 'primary'));
  if (canCancel && !isFinal(job.state)) buttons.push(actButton(to('cancel'), 'Cancel'));
  if (job.state !== 'active')
    buttons.push(
      html`<details class="danger"><summary>Delete …</summary><p class="small">The job, its payload and its result are forgotten. There is no way back.</p>${actButton(to('remove'), 'Delete for good', 'danger')}</details>`,
    );
  return buttons;
}
