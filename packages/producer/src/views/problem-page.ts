import type { Problem } from '../plugins/problems.ts';
import { html } from './html.ts';
import { layout } from './layout.ts';

const ADVICE: { readonly [code: string]: string } = {
  CROSS_SITE: 'Open the form on this site and send it from there.',
  QUEUE_UNAVAILABLE: 'Redis does not answer. What was accepted before is safe; try again in a moment.',
  SUBMIT_UNKNOWN: 'Go back and send the same page again: if the job is stored already, you will be taken to it.',
  FILE_TOO_LARGE: 'Go back and choose a smaller file.',
  FILES_FULL: 'Older files make room by themselves. Try again in a while.',
  QUEUE_FULL: 'Workers have to catch up first. Try again in a little while.',
  TOO_MANY_REQUESTS: 'Wait a second and try again.',
};

/** An error as a page: what happened, and what to do next. */
export function problemPage(problem: Problem, requestId: string): string {
  const advice = ADVICE[problem.code];
  return layout({
    title: problem.title,
    main: html`<section class="card notice">
<p class="eyebrow">${problem.status}</p>
<h1>${problem.title}</h1>
<p>${problem.detail}</p>
${advice !== undefined && html`<p>${advice}</p>`}
<p><a class="button" href="/">Back to the form</a></p>
<p class="quiet small">Code <code>${problem.code}</code> · request <code>${requestId}</code></p>
</section>`,
  });
}
