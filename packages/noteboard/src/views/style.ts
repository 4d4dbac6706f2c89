/** The board's look. Follows the reader's light or dark setting; holds down to 320 px and up to 400 % zoom. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#f6f3ec, #16181d);
  --card: light-dark(#ffffff, #20242c);
  --ink: light-dark(#20242c, #eceae4);
  --soft: light-dark(#5b6270, #a6adba);
  --line: light-dark(#d9d3c5, #3a404c);
  --accent: light-dark(#0b5d52, #6fd3c1);
  --on-accent: light-dark(#ffffff, #06231f);
  --alarm: light-dark(#a3211b, #ff9d94);
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.55 system-ui, sans-serif; }
.shell { max-width: 66rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
header p { margin: 0 0 1.5rem; color: var(--soft); }
h1 { margin: 0; font-size: clamp(1.8rem, 5vw, 2.6rem); letter-spacing: -0.02em; }
h2 { font-size: 1.1rem; margin: 0 0 1rem; }
.columns { display: grid; gap: 1.5rem; align-items: start; }
@media (min-width: 50rem) { .columns { grid-template-columns: 20rem 1fr; } .pen { position: sticky; top: 1.5rem; } }
.pen, .note, .alert { background: var(--card); border: 1px solid var(--line); border-radius: 0.75rem; padding: 1.25rem; }
.alert { border-color: var(--alarm); margin: 0 0 1.5rem; }
label { display: block; font-weight: 600; margin: 0 0 0.25rem; }
.hint { display: block; color: var(--soft); font-size: 0.875rem; margin: 0 0 0.35rem; }
.fault { display: block; color: var(--alarm); font-size: 0.9rem; font-weight: 600; margin: 0 0 0.35rem; }
input, textarea { width: 100%; font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--soft); border-radius: 0.4rem; padding: 0.55rem 0.7rem; margin: 0 0 1rem; }
textarea { min-height: 8rem; resize: vertical; }
[aria-invalid] { border-color: var(--alarm); border-width: 2px; }
button { font: inherit; font-weight: 600; min-height: 2.75rem; padding: 0 1.4rem; border: 0; border-radius: 0.4rem; background: var(--accent); color: var(--on-accent); cursor: pointer; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
ol { list-style: none; margin: 0; padding: 0; display: grid; gap: 1rem; }
.note p { margin: 0.5rem 0 0; white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext; overflow: hidden; }
.note h3 { display: inline; margin: 0; font-size: 1rem; overflow-wrap: anywhere; }
.note time { color: var(--soft); font-size: 0.875rem; margin-left: 0.5rem; white-space: nowrap; }
.empty { color: var(--soft); border: 1px dashed var(--line); border-radius: 0.75rem; padding: 2rem; text-align: center; margin: 0; }
nav { display: flex; gap: 1.5rem; margin: 1.5rem 0 0; }
a { color: var(--accent); }
.off { position: absolute; left: -100vw; }
.off:focus { left: 1rem; top: 1rem; background: var(--card); padding: 0.5rem 1rem; }
`;

/** A note with a folded corner. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<path d="M4 4h24v16l-8 8H4z" fill="#0b5d52"/><path d="M28 20h-8v8z" fill="#6fd3c1"/></svg>
`;
