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

/** A part of a script: a fragment of this name, or one that is put off. Each may use those before it. */
type Part = string | { readonly name: string; readonly parts: readonly string[] };

/**
 * A function of Lua that is made when it is called first. Making the functions of a script costs more than a small call
 * does otherwise (0.1 us for each local that one of them uses), and most calls need few of them.
 * @param name what the last part defines as a local function.
 */
const later = (name: string, ...parts: readonly string[]): Part => ({ name, parts });

function textOf(part: Part): string {
  if (typeof part === 'string') return fragment(part);
  const { name, parts } = part;
  return [
    `local made_${name}`,
    `local function ${name}(...)`,
    `if not made_${name} then`,
    ...parts.map(fragment),
    `made_${name} = ${name} end`,
    `return made_${name}(...) end`,
  ].join('\n');
}

function compose(kind: Kind, name: string, parts: readonly Part[] = []): Script {
  return createScript(name, [SHEBANG[kind], ...['shard', ...parts, name].map(textOf)].join('\n'));
}

const ENDS = ['hold', 'ending', 'complete', 'retry', 'bury', 'release', 'abandon', 'crash', 'cancel', 'settle-one'];
const PRUNE = ['unstored', 'finals', 'forget', 'prune'];
const SETTLE = [
  'limits',
  later('awaitStore', 'unstored'),
  later('prune', 'trail', ...PRUNE),
  'end-in',
  later('settleMixed', 'trail', 'lane', 'wake-upkeep', 'past', ...ENDS, 'settle-mixed'),
  'settle',
];
const REAP = [...SETTLE, 'reap'];
const CLAIM = [
  later('fitting', 'fitting'),
  later('takeMixed', 'trail', 'claim-mixed'),
  later('nextTurn', 'lane'),
  'claim',
];
const DISPATCH = later('dispatch', 'trail', 'lane', 'fitting', 'claim-mixed', 'claim', 'inbox', 'dispatch');

export const scripts = {
  open: compose('works', 'open', ['past']),
  submit: compose('adds', 'submit', ['lane', 'inbox', 'hand-over', later('wakeUpkeep', 'wake-upkeep'), DISPATCH]),
  register: compose('works', 'register'),
  deregister: compose('works', 'deregister', [...REAP, DISPATCH]),
  turn: compose('works', 'turn', [...SETTLE, ...CLAIM, later('dispatch', 'inbox', 'dispatch')]),
  holds: compose('works', 'holds'),
  readHold: compose('reads', 'read-hold', ['trail', 'hold', 'claim-mixed']),
  tick: compose('works', 'tick', [
    ...REAP,
    'trail',
    'unstored',
    'finals',
    'forget',
    DISPATCH,
    later('promote', 'trail', 'lane', 'promote'),
  ]),
  progress: compose('works', 'progress'),
  cancel: compose('works', 'cancel-job', ['trail', 'past', 'unstored', 'locate']),
  reopen: compose('works', 'reopen', ['trail', 'past', 'lane', 'unstored', 'locate', DISPATCH]),
  remove: compose('works', 'remove', ['trail', 'past', 'unstored', 'finals', 'forget', 'locate']),
  pause: compose('works', 'pause', [DISPATCH]),
  mend: compose('works', 'mend', [...REAP, DISPATCH, 'trail', 'lane', 'finals', 'locate']),
  show: compose('reads', 'show', ['trail', 'locate']),
  census: compose('reads', 'census', ['trail']),
  workers: compose('reads', 'workers'),
  historyKeep: compose('works', 'history-keep', ['trail', 'unstored']),
  historyRelease: compose('works', 'history-release', ['unstored']),
  historyFinished: compose('reads', 'history-finished', ['trail', 'unstored']),
  historyArchived: compose('works', 'history-archived', ['limits', 'trail', ...PRUNE]),
  historyBacklog: compose('reads', 'history-backlog', ['unstored']),
} as const;
