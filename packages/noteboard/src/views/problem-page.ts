import { html } from 'ghtml';
import { layout } from './layout.ts';

export const problemPage = (title: string, detail: string): string =>
  layout(
    `${title} - Noteboard`,
    html`<main class="alert" role="alert"><h1>${title}</h1><p>${detail}</p><p><a href="/">To the board</a></p></main>`,
  );
