import { html } from 'ghtml';

/** @param body HTML that has been escaped already. */
export const layout = (title: string, body: string): string => html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title}</title>
    <link rel="icon" href="/favicon.svg" type="image/svg+xml">
    <link rel="stylesheet" href="/style.css">
  </head>
  <body>
    <div class="shell">!${body}</div>
  </body>
</html>
`;
