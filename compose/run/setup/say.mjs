import process from 'node:process';

/** What the set-up tells the person at the terminal; standard output stays the command's own. */
export const say = (text) => process.stderr.write(`prodwork: ${text}\n`);

/** A fault that the person can do something about: printed without a stack. */
export class SetupError extends Error {}

const STILL_EVERY_MS = 10_000;

/**
 * Says what is going on while it goes on: a line that counts the seconds on a terminal, a line now and then elsewhere.
 * @template T
 * @param {string} what
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function during(what, work) {
  const startedAt = Date.now();
  const seconds = () => Math.round((Date.now() - startedAt) / 1_000);
  const isTerminal = process.stderr.isTTY === true;
  const show = isTerminal
    ? () => process.stderr.write(`\r\u001b[2Kprodwork: ${what} ... ${seconds()} s`)
    : () => say(`still ${what}, ${seconds()} s so far`);
  if (isTerminal) show();
  else say(`${what} ...`);
  const timer = setInterval(show, isTerminal ? 1_000 : STILL_EVERY_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    if (isTerminal) process.stderr.write(`\r\u001b[2Kprodwork: ${what}: ${seconds()} s\n`);
  }
}
