/**
 * Markup that is safe to send. Only the `html` tag makes it, so a plain string can never slip in unescaped: the type
 * decides, not a sign that someone forgets (which is why this is not a template library that works on strings).
 */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = Html | string | number | false | undefined | null | readonly Part[];

const ESCAPES: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/** Characters that turn the direction of the text around them would let one value pass for another. */
const BIDI = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

export const escapeHtml = (text: string): string =>
  text
    .replace(BIDI, (character) => `\\u${character.charCodeAt(0).toString(16)}`)
    .replace(/[&<>"'`]/g, (character) => ESCAPES[character] ?? '');

function render(part: Part): string {
  if (part === false || part === undefined || part === null) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'string') return escapeHtml(part);
  if (typeof part === 'number') return String(part);
  return part.map(render).join('');
}

/** Template tag: every value is escaped, unless it is itself `Html`; `false` and `undefined` leave nothing. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let text = strings[0] ?? '';
  for (const [index, part] of parts.entries()) text += render(part) + (strings[index + 1] ?? '');
  return new Html(text);
}
