// Everything here is an extra: each page works without it.
import { follow } from './live.js';
import { morph } from './morph.js';

const one = (selector) => document.querySelector(selector);

/** A second click while the first is on its way does nothing; coming back to the page makes the button live again. */
function submitOnce(form) {
  const button = form.querySelector('[type=submit]');
  let isSent = false;
  form.addEventListener('submit', (event) => {
    if (isSent) event.preventDefault();
    isSent = true;
    button?.setAttribute('aria-disabled', 'true');
  });
  addEventListener('pageshow', () => {
    isSent = false;
    button?.removeAttribute('aria-disabled');
  });
}

/** Times in the reader's own zone; the server's text stays as the title. */
function localTimes(root) {
  for (const time of root.querySelectorAll('time[datetime]')) {
    const at = new Date(time.dateTime);
    const isToday = at.toDateString() === new Date().toDateString();
    const text = isToday ? at.toLocaleTimeString() : at.toLocaleString();
    if (time.textContent === text) continue;
    time.title = time.textContent;
    time.textContent = text;
  }
}

/** Puts the server's markup in place of what is there, changing only what differs, so that focus stays. */
function show(target, markup) {
  const next = document.createElement(target.tagName);
  next.innerHTML = markup;
  localTimes(next);
  morph(target, next);
}

/** Says that a file is too large before it is sent; the server would say so after. */
function sizedFiles() {
  for (const input of document.querySelectorAll('input[data-bytes-max]')) {
    input.addEventListener('change', () => {
      const max = Number(input.dataset.bytesMax);
      const isTooLarge = [...input.files].some((file) => file.size > max);
      input.setCustomValidity(isTooLarge ? `This file is larger than ${max / 1024 / 1024} MiB.` : '');
      input.reportValidity();
    });
  }
}

const STATES = {
  b: 'blocked',
  s: 'scheduled',
  w: 'waiting',
  a: 'active',
  c: 'completed',
  d: 'dead',
  x: 'cancelled',
  n: 'abandoned',
};

function showCells(list, letters) {
  const cells = list.querySelectorAll('.cell');
  for (const [index, cell] of cells.entries()) {
    const state = STATES[letters[index]] ?? 'no longer kept';
    const name = `cell state-${STATES[letters[index]] ?? 'gone'}`;
    if (cell.className === name) continue;
    cell.className = name;
    cell.setAttribute('aria-label', `Job ${index + 1}: ${state}`);
  }
}

/** Told to those who listen rather than look: only when the state has changed. */
function say(text) {
  const said = one('[data-said]');
  if (said && said.textContent !== text) said.textContent = text;
}

function showLife(isOpen) {
  const mark = one('[data-live]');
  if (!mark) return;
  mark.hidden = false;
  mark.textContent = isOpen ? 'live' : 'reconnecting';
  mark.classList.toggle('is-away', !isOpen);
}

function followPage() {
  const gauge = one('[data-gauge]');
  const job = one('[data-job]');
  const batch = one('[data-batch]');
  if (!gauge && !job && !batch) return;
  follow(
    { jobs: job ? [job.dataset.job] : [], batches: batch ? [batch.dataset.batch] : [] },
    {
      gauge: (data) => gauge && show(gauge, data.html),
      job(data) {
        if (data.id !== job?.dataset.job) return;
        show(job, data.html);
        say(`Job ${data.state}`);
        document.title = document.title.replace(/: \w+/, `: ${data.state}`);
      },
      batch(data) {
        if (data.name !== batch?.dataset.batch) return;
        show(batch, data.html);
        showCells(one('[data-cells]'), data.states);
        if (!/[bswa]/.test(data.states)) say('All jobs have ended');
      },
      life: showLife,
    },
  );
}

/** Parts that no event tells of are asked for again while the page is seen; what is open or has the focus stays. */
function askAgain() {
  const parts = () => document.querySelectorAll('[data-again]');
  if (parts().length === 0) return;
  const look = async () => {
    const answer = document.hidden ? undefined : await fetch(location.href).catch(() => undefined);
    if (answer?.ok) {
      const next = new DOMParser().parseFromString(await answer.text(), 'text/html');
      localTimes(next);
      const wanted = next.querySelectorAll('[data-again]');
      for (const [index, part] of parts().entries()) if (wanted[index]) morph(part, wanted[index]);
    }
    if (answer?.status !== 401) setTimeout(look, 3_000);
  };
  setTimeout(look, 3_000);
}

for (const form of document.querySelectorAll('form[data-once]')) submitOnce(form);
sizedFiles();
localTimes(document);
one('[data-focus]')?.focus();
followPage();
askAgain();
