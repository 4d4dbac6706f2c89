import type { WorkerView } from 'prodwork/engine/inspector';
import type { Snapshot } from '../live/snapshot.ts';
import { duration, number, plural, short } from './format.ts';
import { Html, html } from './html.ts';

/** Slots drawn as boxes; a worker with more shows numbers instead. */
const BOXES = 40;
/** Workers drawn; the rest is one line. */
const WORKERS = 50;

/** The queue now: counts, what waits longest, the rate, and every worker. `undefined` when Redis does not answer. */
export function gauge(snapshot: Snapshot | undefined): Html {
  if (snapshot === undefined) {
    return html`<div class="card"><h2>The queue now</h2><p class="alert" role="status">Redis does not answer just now. Jobs that were accepted are safe; this comes back by itself.</p></div>`;
  }
  const { queue, workers, rates } = snapshot;
  const { counts } = queue;
  const shownCounts: readonly (readonly [string, string, number])[] = [
    ['waiting', 'Waiting', counts.waiting],
    ['active', 'Active', counts.active],
    ['completed', 'Completed', queue.totals.completed],
    ['dead', 'Dead', counts.dead],
  ];
  const rarer: readonly (readonly [string, number])[] = [
    ['scheduled', counts.scheduled],
    ['blocked', counts.blocked],
    ['cancelled', counts.cancelled],
    ['abandoned', counts.abandoned],
    ['redelivered', queue.totals.redelivered],
  ];
  return html`<div class="card">
<h2>The queue now${queue.isPaused && html` <span class="chip state-scheduled">paused</span>`}</h2>
<dl class="counts">${shownCounts.map(
    ([state, label, count]) =>
      html`<div class="count ${state === 'completed' || count > 0 ? `is-${state}` : 'is-none'}"><dt>${label}</dt><dd title="${number(count)}">${short(count)}</dd></div>`,
  )}</dl>
<p class="line">${flow(snapshot)}${rates !== undefined && html` · <strong>${number(rates.completed)}</strong> done a second`}</p>
${
  rarer.some(([, count]) => count > 0) &&
  html`<p class="line quiet">${rarer
    .filter(([, count]) => count > 0)
    .map(([word, count], index) => html`${index > 0 && ' · '}${number(count)} ${word}`)}</p>`
}
</div>
<div class="card">
<h2>Workers <span class="quiet">${number(workers.length)}</span></h2>
${workers.length === 0 ? noWorkers(counts.waiting) : html`<ul class="workers">${workers.slice(0, WORKERS).map((worker) => workerRow(worker, snapshot.at))}</ul>`}
${workers.length > WORKERS && html`<p class="line quiet">and ${plural(workers.length - WORKERS, 'more worker')}</p>`}
</div>`;
}

function flow({ queue }: Snapshot): Html {
  if (queue.counts.waiting > 0) return html`Oldest has waited <strong>${duration(queue.oldestWaitingMs)}</strong>`;
  if (queue.counts.active > 0) return html`Nothing waits: every job is in hand`;
  return html`All quiet`;
}

function noWorkers(waiting: number): Html {
  return html`<div class="empty"><p><strong>No worker is running.</strong></p><p>${
    waiting > 0 ? html`${plural(waiting, 'job')} will start as soon as one joins` : 'Jobs are kept until one joins'
  }: start one with <code>npm start</code> or <code>docker compose up --scale worker=3</code>.</p></div>`;
}

function workerRow(worker: WorkerView, now: number): Html {
  const busy = worker.jobs.length;
  const beat = Math.max(0, now - worker.heartbeatAt);
  const doing = new Map<string, number>();
  for (const job of worker.jobs) doing.set(job.type, (doing.get(job.type) ?? 0) + 1);
  const longest = Math.max(0, ...worker.jobs.map((job) => now - job.startedAt));
  return html`<li class="worker is-${worker.state}" data-key="${worker.id}">
<div class="worker-head"><span class="dot" aria-hidden="true"></span><strong>${worker.name}</strong>${worker.state !== 'running' && html` <span class="chip">${worker.state}</span>`}<span class="beat quiet">beat ${duration(Math.round(beat / 100) * 100)} ago</span></div>
<div class="worker-body">${slots(worker, busy)}<span class="doing">${
    busy === 0
      ? html`<span class="quiet">idle</span>`
      : html`${[...doing].map(([type, count], index) => html`${index > 0 && ', '}${type}${count > 1 && html` ×${count}`}`)} <span class="quiet">for ${duration(longest)}</span>`
  }</span></div>
${(worker.restarts ?? 0) > 0 && html`<p class="small quiet">restarted ${plural(worker.restarts ?? 0, 'time')}${worker.lastDeath !== undefined && html`, last: ${worker.lastDeath}`}</p>`}
</li>`;
}

function slots(worker: WorkerView, busy: number): Html {
  const label = `${busy} of ${plural(worker.slots, 'slot')} busy`;
  if (worker.slots > BOXES) return html`<span class="slots">${label}</span>`;
  const boxes = Array.from(
    { length: worker.slots },
    (_, index) => html`<i${new Html(index < busy ? ' class="busy"' : '')}></i>`,
  );
  return html`<span class="slots" role="img" aria-label="${label}">${boxes}</span>`;
}
