import type { Command } from 'commander';
import type { Session } from '../session.ts';
import { queuesTable } from '../words.ts';

/** queues, pause, resume. */
export function queueCommands(program: Command, session: () => Session): void {
  program
    .command('queues')
    .description('every queue: counts, oldest waiting age')
    .action(async () => {
      const { client, answer } = session();
      answer({ queues: await client.queues() }, ({ queues }) => queuesTable(queues));
    });
  for (const [verb, description, word] of [
    ['pause', 'hold a queue: what is in hand goes on, nothing new starts', 'held'],
    ['resume', 'let a queue go on', 'going on'],
  ] as const) {
    program
      .command(verb)
      .description(description)
      .argument('<queue>')
      .action(async (queue: string) => {
        const { client, answer } = session();
        await client[verb](queue);
        answer({ queue, answer: `${verb}d` }, () => `${queue}: ${word}`);
      });
  }
}
