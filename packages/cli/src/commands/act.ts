import type { Command } from 'commander';
import type { Session } from '../session.ts';

const WORDS: { readonly [answer: string]: string } = {
  cancelled: 'cancelled',
  requested: 'it is running; its handler was told to stop',
  reopened: 'waiting again, with fresh attempts',
  unchanged: 'nothing to do: it already is what was asked for',
};

/** retry, cancel: acts. */
export function actCommands(program: Command, session: () => Session): void {
  for (const [verb, description] of [
    ['retry', 'try a dead, cancelled or abandoned job again'],
    ['cancel', 'end a job that has not ended'],
  ] as const) {
    program
      .command(verb)
      .description(description)
      .argument('<id>')
      .action(async (id: string) => {
        const { client, queue, answer } = session();
        answer(await client[verb](id, queue), (act) => `${act.id}: ${WORDS[act.answer] ?? act.answer}`);
      });
  }
}
