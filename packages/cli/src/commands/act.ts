import type { Command } from 'commander';
import type { Session } from '../session.ts';

const WORDS: { readonly [answer: string]: string } = {
  cancelled: 'cancelled',
  requested: 'it is running; its handler was told to stop',
  reopened: 'waiting again, with fresh attempts',
  removed: 'deleted',
  unchanged: 'nothing to do: it already is what was asked for',
};

/** retry, cancel, delete: acts. */
export function actCommands(program: Command, session: () => Session): void {
  for (const [verb, method, description] of [
    ['retry', 'retry', 'try a dead, cancelled or abandoned job again'],
    ['cancel', 'cancel', 'end a job that has not ended'],
    ['delete', 'remove', 'forget a job that is not active'],
  ] as const) {
    program
      .command(verb)
      .description(description)
      .argument('<id>')
      .action(async (id: string) => {
        const { client, queue, answer } = session();
        answer(await client[method](id, queue), (act) => `${act.id}: ${WORDS[act.answer] ?? act.answer}`);
      });
  }
}
