/** What is drawn in the time line of a mixed run, in a word or two, and its tone. */
const NAMES: Readonly<Record<string, readonly [string, string]>> = {
  F01: ['worker killed', '#c62828'],
  F02: ['all workers killed', '#8e1b3a'],
  F04: ['worker drained', '#2e7d32'],
  F06: ['worker frozen', '#1565c0'],
  F07: ['event loop blocked', '#0097a7'],
  F08: ['Redis killed', '#6a1b9a'],
  F09: ['Redis restarted', '#9c4dcc'],
  F12: ['scripts flushed', '#8d6e63'],
  F16: ['worker cut off', '#3949ab'],
  F17: ['lines reset', '#546e7a'],
  F18: ['lines slow', '#00796b'],
  F21: ['producer killed', '#d06a00'],
};

export const nameOf = (id: string): string => NAMES[id]?.[0] ?? '';
export const toneOf = (id: string): string => NAMES[id]?.[1] ?? '#5c6bc0';
