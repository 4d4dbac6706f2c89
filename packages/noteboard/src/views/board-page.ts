import { html } from 'ghtml';
import { type Field, NOTE_LIMITS, type Note, RULES } from '../notes/note.ts';
import type { NotePage } from '../notes/store.ts';
import { layout } from './layout.ts';

export interface BoardView {
  /** Good for one note. */
  readonly token: string;
  /** Absent when the notes could not be read. */
  readonly page: NotePage | undefined;
  readonly isFirst: boolean;
  /** What was typed, as it came. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly faults: readonly Field[];
  readonly problem?: string;
}

export function boardPage(view: BoardView): string {
  const isWrong = view.faults.length > 0;
  const title = isWrong || view.problem ? 'Please look again - Noteboard' : 'Noteboard';
  return layout(
    title,
    html`<a class="off" href="#notes">Skip to the notes</a>
    <header><h1>Noteboard</h1><p>Leave a note. Everybody who comes by can read it.</p></header>
    !${view.problem ? html`<div class="alert" role="alert">${view.problem}</div>` : ''}
    <div class="columns">
      <form class="pen" method="post" action="/" aria-labelledby="pen">
        <h2 id="pen">Write a note</h2>
        <input type="hidden" name="token" value="${view.token}">
        !${nameField(view)}
        !${messageField(view)}
        <button>Put it on the board</button>
      </form>
      <main id="notes" tabindex="-1" aria-labelledby="board">
        <h2 id="board">${view.isFirst ? 'Latest notes' : 'Older notes'}</h2>
        !${notesOf(view.page)}
        !${pager(view)}
      </main>
    </div>`,
  );
}

function nameField(view: BoardView): string {
  return html`<label for="name">Your name</label>
    !${hintOf('name', view)}
    <input id="name" name="name" autocomplete="nickname" required maxlength="${NOTE_LIMITS.name * 2}" dir="auto" value="${typed(view, 'name')}" !${stateOf('name', view)}>`;
}

function messageField(view: BoardView): string {
  return html`<label for="message">Message</label>
    !${hintOf('message', view)}
    <textarea id="message" name="message" required maxlength="${NOTE_LIMITS.message * 2}" dir="auto" !${stateOf('message', view)}>
${typed(view, 'message')}</textarea>`;
}

const typed = (view: BoardView, field: Field): string => {
  const value = view.values[field];
  return typeof value === 'string' ? value : '';
};

function hintOf(field: Field, view: BoardView): string {
  if (view.faults.includes(field)) return html`<span class="fault" id="${field}-hint">${RULES[field]}.</span>`;
  return html`<span class="hint" id="${field}-hint">Up to ${NOTE_LIMITS[field].toLocaleString('en')} characters.</span>`;
}

function stateOf(field: Field, view: BoardView): string {
  const isFirstFault = view.faults[0] === field;
  return `aria-describedby="${field}-hint"${view.faults.includes(field) ? ' aria-invalid="true"' : ''}${isFirstFault ? ' autofocus' : ''}`;
}

function notesOf(page: NotePage | undefined): string {
  if (page === undefined) return html`<p class="empty">The notes cannot be read at the moment.</p>`;
  if (page.notes.length === 0) return html`<p class="empty">No notes here yet.</p>`;
  return html`<ol>!${page.notes.map(noteItem)}</ol>`;
}

function noteItem(note: Note): string {
  const at = new Date(note.createdAt).toISOString();
  return html`<li class="note">
    <h3><bdi>${note.name}</bdi></h3><time datetime="${at}">${at.slice(0, 10)} ${at.slice(11, 16)} UTC</time>
    <p dir="auto">${note.message}</p>
  </li>`;
}

function pager({ page, isFirst }: BoardView): string {
  const newest = isFirst ? '' : '<a href="/">Latest notes</a>';
  const older = page?.cursor === undefined ? '' : html`<a href="/?before=${page.cursor}" rel="next">Older notes</a>`;
  return newest || older ? `<nav aria-label="Pages">${newest}${older}</nav>` : '';
}
