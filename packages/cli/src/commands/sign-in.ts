import type { Command } from 'commander';
import type { Session } from '../session.ts';
import { age } from '../table.ts';

export function signInCommand(program: Command, session: () => Session): void {
  program
    .command('sign-in')
    .description('a link into the dashboard that works once; with tokens in force it wants one of the role operate')
    .action(async () => {
      const { client, answer } = session();
      answer(await client.signIn(), ({ url, expiresAt }) =>
        [
          url,
          `Open it within ${age(expiresAt - Date.now())}. It works once, and signs that browser in for 8 hours.`,
        ].join('\n'),
      );
    });
}
