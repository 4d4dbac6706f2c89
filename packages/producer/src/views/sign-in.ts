import { html } from './html.ts';
import { layout } from './layout.ts';

export interface SignInView {
  /** From the link. */
  readonly code?: string | undefined;
  readonly fault?: string;
  readonly replica: string;
}

/** The door of the dashboard: a button for whoever has a link, and how to get one for everybody else. */
export function signInPage({ code, fault, replica }: SignInView): string {
  return layout({
    title: 'Sign in',
    section: 'dashboard',
    replica,
    main: html`<section class="card notice">
<h1>${code === undefined ? 'Sign in' : 'Come in'}</h1>
${fault !== undefined && html`<div class="alert" role="alert" tabindex="-1" data-focus><p>${fault}</p></div>`}
${
  code === undefined
    ? html`<p>The dashboard is for operators. A link that works once opens it; the command line makes one:</p>
<pre tabindex="0">npx prodwork sign-in</pre>
<p class="quiet">With <code>docker compose</code>: <code>PRODWORK_TOKEN=$(docker compose run --rm init token) npx prodwork sign-in</code>. A program asks <code>POST /api/sign-in</code> with a token of the role <code>operate</code>.</p>`
    : html`<p>This link signs this browser in to the dashboard for eight hours. It works once.</p>
<form method="post" action="/dashboard/sign-in" data-once>
<input type="hidden" name="code" value="${code}">
<button class="button primary" type="submit">Sign in</button>
</form>`
}
</section>`,
  });
}
