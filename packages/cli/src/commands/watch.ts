import type { Command } from 'commander';
import type { Job } from 'prodwork/job/job';
import { EXIT_CODES, type Session } from '../session.ts';
import { jobDetails } from '../words.ts';

export function watchCommand(program: Command, session: () => Session): void {
  program
    .command('watch')
    .description('follow a job until it has ended; exits 1 when it did not complete')
    .argument('<id>')
    .action((id: string) => watchJob(session(), id));
}

export async function watchJob(session: Session, id: string): Promise<void> {
  const job = await session.client.wait(id, {
    ...(session.queue === undefined ? {} : { queue: session.queue }),
    onChange: (now) => session.progress(`${now.id}  ${statusOf(now)}`),
  });
  session.answer(job, (ended) => jobDetails(ended, Date.now()));
  if (job.state !== 'completed') process.exitCode = EXIT_CODES.failed;
}

function statusOf({ state, progress, attempts, maxAttempts }: Job): string {
  const share = typeof progress === 'number' ? `  ${Math.round(progress)} %` : '';
  return `${state}${share}${attempts > 0 ? `  (attempt ${attempts + 1} of ${maxAttempts})` : ''}`;
}
