import process from 'node:process';

/** What the set-up tells the person at the terminal; standard output stays the command's own. */
export const say = (text) => process.stderr.write(`prodwork: ${text}\n`);

/** A fault that the person can do something about: printed without a stack. */
export class SetupError extends Error {}
