import { Html, html } from '../html.ts';
import { layout } from '../layout.ts';

/** What every page of the dashboard says about itself. */
export interface Operated {
  readonly operator: string;
  readonly hasHistory: boolean;
  readonly replica: string;
  /** Said above the page: what an act did, or why it was refused. */
  readonly notice?: { readonly isFault: boolean; readonly text: string } | undefined;
}

export type Part = 'overview' | 'jobs' | 'history';

/** The frame of the operator's pages: where one is, who one is, and the way out. */
export function dashboard(title: string, part: Part | undefined, operated: Operated, main: Html): string {
  const { operator, hasHistory, notice } = operated;
  const link = (path: string, to: Part, words: string): Html =>
    html`<a href="${path}"${new Html(to === part ? ' aria-current="page"' : '')}>${words}</a>`;
  return layout({
    title,
    section: 'dashboard',
    replica: operated.replica,
    main: html`<div class="operated">
<nav class="parts" aria-label="Dashboard">${link('/dashboard', 'overview', 'Overview')}${link('/dashboard/jobs', 'jobs', 'Jobs')}${hasHistory && link('/dashboard/history', 'history', 'History')}</nav>
<form method="post" action="/dashboard/sign-out"><span class="quiet small">${operator}</span> <button class="button small" type="submit">Sign out</button></form>
</div>
${notice !== undefined && html`<div class="${notice.isFault ? 'alert' : 'said'}" role="${notice.isFault ? 'alert' : 'status'}"><p>${notice.text}</p></div>`}
${main}`,
  });
}

/** A form that is one button. */
export const actButton = (action: string, words: string, kind = ''): Html =>
  html`<form method="post" action="${action}" class="act" data-once><button class="button ${kind}" type="submit">${words}</button></form>`;
