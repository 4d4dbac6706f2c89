import { VERSION } from '../version.ts';
import { Html, html } from './html.ts';

export interface Page {
  readonly title: string;
  readonly main: Html;
  /** Which part of the site it belongs to, for the menu. */
  readonly section?: 'submit' | 'docs' | 'dashboard';
  /** Seconds after which a browser without JavaScript asks again. */
  readonly refreshSeconds?: number;
  /** Names the replica in the footer; absent where no replica is known (errors before routing). */
  readonly replica?: string;
}

const current = (is: boolean): Html => new Html(is ? ' aria-current="page"' : '');

/** The frame of every page. */
export function layout(page: Page): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${page.title} · prodwork</title>
<link rel="icon" href="/public/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/public/style.css?v=${VERSION}">
<script type="module" src="/public/page.js?v=${VERSION}"></script>
${page.refreshSeconds !== undefined && html`<noscript><meta http-equiv="refresh" content="${page.refreshSeconds}"></noscript>`}
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header class="top"><div class="wrap">
<a class="brand" href="/"><svg viewBox="0 0 24 24" aria-hidden="true"><rect x="2" y="4" width="13" height="4" rx="2"/><rect x="2" y="10" width="20" height="4" rx="2"/><rect x="2" y="16" width="9" height="4" rx="2"/></svg>prodwork</a>
<nav aria-label="Main"><a href="/"${current(page.section === 'submit')}>Submit</a><a href="/docs"${current(page.section === 'docs')}>API</a><a href="/dashboard"${current(page.section === 'dashboard')}>Dashboard</a></nav>
</div></header>
<main id="main" class="wrap" tabindex="-1">
${page.main}
</main>
<footer class="wrap foot">prodwork ${VERSION}${page.replica !== undefined && html` · served by <code>${page.replica}</code>`}<span class="live" data-live hidden></span></footer>
</body>
</html>
`.text;
}
