import { readFileSync } from 'node:fs';
import { createScript, type Script } from '../../redis/script.ts';

/** Reads one fragment; a build copies them next to the compiled module. */
const fragment = (name: string): string => readFileSync(new URL(`./lua/${name}.lua`, import.meta.url), 'utf8');

/**
 * `adds`: refused when memory is full, so that the rest can go on. `works`: finishes, moves or shrinks what is there and
 * must run all the same. `reads`: changes nothing.
 */
type Kind = 'adds' | 'works' | 'reads';
const SHEBANG: { readonly [kind in Kind]: string } = {
  adds: '#!lua',
  works: '#!lua flags=allow-oom',
  reads: '#!lua flags=no-writes',
};

/** Fragments that a script is composed of, in order; each may use those before it. */
const CLAIM = ['claim', 'dispatch'];
const SETTLE = ['unstored', 'settle', 'complete', 'retry', 'bury', 'release', 'abandon', 'reap', 'cancel'];

function compose(kind: Kind, name: string, fragments: readonly string[] = []): Script {
  return createScript(name, [SHEBANG[kind], ...['shard', ...fragments, name].map(fragment)].join('\n'));
}

export const scripts = {
  open: compose('works', 'open'),
  submit: compose('adds', 'submit', CLAIM),
  register: compose('works', 'register'),
  deregister: compose('works', 'deregister', [...SETTLE, ...CLAIM]),
  turn: compose('works', 'turn', [...SETTLE, ...CLAIM]),
  holds: compose('works', 'holds'),
  readHold: compose('reads', 'read-hold', ['claim']),
  tick: compose('works', 'tick', [...SETTLE, ...CLAIM, 'promote']),
  progress: compose('works', 'progress'),
  cancel: compose('works', 'cancel-job', ['unstored', 'locate']),
  reopen: compose('works', 'reopen', ['unstored', 'locate', ...CLAIM]),
  remove: compose('works', 'remove', ['unstored', 'settle', 'locate']),
  pause: compose('works', 'pause', CLAIM),
  mend: compose('works', 'mend', [...SETTLE, ...CLAIM, 'locate']),
  show: compose('reads', 'show', ['locate']),
  census: compose('reads', 'census'),
  workers: compose('reads', 'workers'),
  historyKeep: compose('works', 'history-keep', ['unstored']),
  historyRelease: compose('works', 'history-release', ['unstored']),
  historyFinished: compose('reads', 'history-finished', ['unstored']),
  historyArchived: compose('works', 'history-archived', ['unstored', 'settle']),
  historyBacklog: compose('reads', 'history-backlog', ['unstored']),
} as const;
