import { parseFileRef } from 'prodwork/job/file-ref';
import type { Job } from 'prodwork/job/job';
import { number } from './format.ts';
import { type Html, html } from './html.ts';

/** Where a job's file of this name is served. */
export type FileUrl = (name: string) => string;

/** @param under the pages that the job is shown on: each sees to it who may look. */
export const fileUrls =
  ({ id, queue }: Job, under: '/jobs' | '/dashboard/jobs'): FileUrl =>
  (name) =>
    `${under}/${id}/files/${encodeURIComponent(name)}${id.includes('.') ? '' : `?queue=${queue}`}`;

/** Names that browsers show as pictures. SVG too: as the source of an image it can run nothing and load nothing. */
const PICTURE = /\.(png|jpe?g|gif|webp|avif|svg)$/i;

/** The pictures of a result, to be seen at once. */
export function pictures(result: unknown, urlOf: FileUrl): Html {
  const names = entriesOf(result).flatMap(([, item]) => parseFileRef(item)?.name ?? []);
  return html`${names
    .filter((name) => PICTURE.test(name))
    .map((name) => {
      const url = urlOf(name);
      return html`<figure class="picture"><a href="${url}"><img src="${url}" alt="${name}"></a></figure>`;
    })}`;
}

/** Any JSON for people: facts, files as links, lists of like things as a table, anything else as JSON. */
export function value(data: unknown, urlOf: FileUrl): Html {
  const entries = entriesOf(data);
  const tables = entries.flatMap(([key, item]) => (isTable(item) ? [{ key, rows: item }] : []));
  const facts = entries.filter(([, item]) => isPlain(item) || isShortList(item));
  if (entries.length === 0 || entries.length > 12 || facts.length + tables.length < entries.length) return json(data);
  return html`${facts.length > 0 && html`<dl class="facts">${facts.map(([key, item]) => html`<div><dt>${key}</dt><dd>${fact(item, urlOf)}</dd></div>`)}</dl>`}${tables.map(({ key, rows }) => table(key, rows))}`;
}

function fact(item: unknown, urlOf: FileUrl): Html {
  const file = parseFileRef(item);
  if (file !== undefined) return html`<a href="${urlOf(file.name)}">${file.name}</a>`;
  if (Array.isArray(item)) {
    return item.length === 0
      ? html`<span class="quiet">none</span>`
      : html`${item.map((one) => html`<div>${String(one)}</div>`)}`;
  }
  return html`${plain(item)}`;
}

const plain = (item: unknown): string => {
  if (item === undefined) return '';
  return typeof item === 'number' ? number(item) : String(item);
};

function table(caption: string, rows: readonly unknown[]): Html {
  const lines = rows.slice(0, ROWS_SHOWN).map((row) => new Map(entriesOf(row)));
  // The fullest row first: its order is the one meant.
  const byWidth = lines.toSorted((a, b) => b.size - a.size);
  const heads = [...new Set(byWidth.flatMap((line) => [...line.keys()]))];
  return html`<div class="data" role="region" tabindex="0" aria-label="${caption}"><table><caption>${caption}</caption><thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead><tbody>${lines.map(
    (line) =>
      html`<tr>${heads.map((head) => html`<td${typeof line.get(head) === 'number' && html` class="is-number"`}>${plain(line.get(head))}</td>`)}</tr>`,
  )}</tbody></table></div>${rows.length > ROWS_SHOWN && html`<p class="small quiet">The first ${ROWS_SHOWN} of ${number(rows.length)}.</p>`}`;
}

const ROWS_SHOWN = 50;

function json(data: unknown): Html {
  const text = JSON.stringify(data, null, 2) ?? 'nothing';
  return html`<pre tabindex="0">${text.length > 20_000 ? `${text.slice(0, 20_000)}\n… cut here; the API has it whole` : text}</pre>`;
}

const entriesOf = (data: unknown): readonly (readonly [string, unknown])[] =>
  typeof data === 'object' && data !== null && !Array.isArray(data) ? Object.entries(data) : [];

const isPlain = (item: unknown): boolean =>
  item === null ||
  ['number', 'boolean'].includes(typeof item) ||
  (typeof item === 'string' && item.length <= 200 && !item.includes('\n'));

const isShortList = (item: unknown): boolean => Array.isArray(item) && item.length <= 10 && item.every(isPlain);

/** A list of flat objects that have few names between them. */
function isTable(item: unknown): item is readonly unknown[] {
  if (!Array.isArray(item) || item.length === 0) return false;
  const rows = item.map(entriesOf);
  const names = new Set(rows.flatMap((row) => row.map(([name]) => name)));
  return names.size <= 12 && rows.every((row) => row.length > 0 && row.every(([, cell]) => isPlain(cell)));
}
