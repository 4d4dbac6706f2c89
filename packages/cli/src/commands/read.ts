import type { Command } from 'commander';
import { JOB_STATES, type JobState } from 'prodwork/job/job';
import { choiceOption, wholeNumber } from '../options.ts';
import { EXIT_CODES, type Session } from '../session.ts';
import { jobDetails, jobsTable, workersTable } from '../words.ts';

interface ListFlags {
  readonly state?: JobState;
  readonly type?: string;
  readonly q?: string;
  readonly limit: number;
  readonly cursor?: string;
}

/** ls, show, why, workers: reads. */
export function readCommands(program: Command, session: () => Session): void {
  program
    .command('ls')
    .description('list jobs')
    .addOption(choiceOption('--state <state>', 'only this state', JOB_STATES))
    .option('--type <type>', 'only this type')
    .option('--q <text>', 'text in id or payload; a bounded scan')
    .option('--limit <n>', 'jobs of one page, 1 to 200', wholeNumber, 50)
    .option('--cursor <cursor>', 'go on after the page before')
    .action(async (flags: ListFlags) => {
      const { client, queue, answer, say } = session();
      const page = await client.list({ ...flags, ...(queue === undefined ? {} : { queue }) });
      answer(page, ({ jobs }) => jobsTable(jobs, Date.now()));
      if (page.cursor !== undefined) say(`\nMore: --cursor '${page.cursor}'  (${page.scanned} looked at)`);
    });

  program
    .command('show')
    .description('one job, with everything that happened to it')
    .argument('<id>')
    .action(async (id: string) => {
      const { client, queue, answer } = session();
      const job = await client.job(id, queue);
      if (job === undefined) return notFound(id);
      answer(job, (found) => jobDetails(found, Date.now()));
    });

  program
    .command('why')
    .description('why a job is not running')
    .argument('<id>')
    .action(async (id: string) => {
      const { client, queue, answer } = session();
      answer(await client.why(id, queue), ({ state, reason, detail, ahead }) => {
        const place = ahead === undefined ? '' : `\n${ahead} ahead of it in its lane.`;
        return `${state} (${reason}): ${detail}${place}`;
      });
    });

  program
    .command('workers')
    .description('who is working, and on what')
    .action(async () => {
      const { client, queue, answer } = session();
      answer({ workers: await client.workers(queue) }, ({ workers }) => workersTable(workers, Date.now()));
    });
}

function notFound(id: string): void {
  process.stderr.write(`There is no job ${id}: the id is wrong, or the job is older than what is kept.\n`);
  process.exitCode = EXIT_CODES.failed;
}
