import { JOB_STATES, type JobState } from 'prodwork/job/job';
import { number, plural } from './format.ts';
import { type Html, html } from './html.ts';
import { layout } from './layout.ts';
import { isFinal, stateChip } from './receipt.ts';

export interface BatchView {
  readonly name: string;
  readonly ids: readonly string[];
  /** In the order of the ids; undefined for a job that is no longer kept. */
  readonly states: readonly (JobState | undefined)[];
  readonly type: string;
  /** The queue beside it: who sends many wants to watch the workers. */
  readonly gauge: Html;
  readonly replica: string;
}

/** One letter a job, for the live stream: a thousand jobs are a thousand bytes. */
const LETTERS: { readonly [state in JobState]: string } = {
  blocked: 'b',
  scheduled: 's',
  waiting: 'w',
  active: 'a',
  completed: 'c',
  dead: 'd',
  cancelled: 'x',
  abandoned: 'n',
};
export const lettersOf = (states: readonly (JobState | undefined)[]): string =>
  states.map((state) => (state === undefined ? '-' : LETTERS[state])).join('');

export const isBatchOver = (states: readonly (JobState | undefined)[]): boolean =>
  states.every((state) => state === undefined || isFinal(state));

export function batchPage(view: BatchView): string {
  return layout({
    title: `${view.type} × ${view.ids.length}`,
    replica: view.replica,
    ...(!isBatchOver(view.states) && { refreshSeconds: 3 }),
    main: html`<div class="columns"><section class="card receipt">
<p class="eyebrow">${view.type} × ${number(view.ids.length)}</p>
<div data-batch="${view.name}">${batchSummary(view.states)}</div>
<p class="sr" role="status" data-said></p>
<h2>Every job</h2>
<ul class="cells" data-cells>${view.ids.map(
      (id, index) =>
        html`<li><a href="/jobs/${id}" class="cell state-${view.states[index] ?? 'gone'}" aria-label="Job ${index + 1}: ${view.states[index] ?? 'no longer kept'}"></a></li>`,
    )}</ul>
</section>
<section class="gauge" aria-label="The queue now" data-gauge>${view.gauge}</section></div>
<p class="after"><a class="button" href="/?type=${view.type}">Submit another</a></p>`,
  });
}

/** The part that moves: how far the batch is. */
export function batchSummary(states: readonly (JobState | undefined)[]): Html {
  const counts = new Map<JobState, number>();
  for (const state of states) if (state !== undefined) counts.set(state, (counts.get(state) ?? 0) + 1);
  const over = states.filter((state) => state === undefined || isFinal(state)).length;
  const gone = states.filter((state) => state === undefined).length;
  return html`<h1>${over === states.length ? html`All ${plural(states.length, 'job')} ended` : html`${number(over)} of ${plural(states.length, 'job')} ended`}</h1>
<progress class="${over === states.length ? 'is-over' : 'is-on'}" max="${states.length}" value="${over}" aria-label="Jobs that have ended">${over} of ${states.length}</progress>
<p class="legend">${JOB_STATES.filter((state) => counts.has(state)).map((state) => html`<span>${stateChip(state)} ${number(counts.get(state) ?? 0)}</span>`)}${gone > 0 && html`<span class="quiet">${number(gone)} no longer kept</span>`}</p>`;
}
