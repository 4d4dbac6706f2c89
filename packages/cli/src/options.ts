import { InvalidArgumentError, Option } from 'commander';

/** Reads a whole number, for options. @throws InvalidArgumentError with the rule. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('A whole number is needed.');
  return Number(text);
}

export const choiceOption = (flags: string, description: string, choices: readonly string[]): Option =>
  new Option(flags, description).choices(choices);
