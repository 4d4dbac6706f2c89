import type { Command } from 'commander';
import type { BulkJob, BulkResult } from 'prodwork/client';
import { LIMITS } from 'prodwork/job/limits';
import { readInput } from '../options.ts';
import { EXIT_CODES, type Session, UsageError } from '../session.ts';
import { plain } from '../table.ts';

interface Line {
  readonly line: number;
  readonly job: BulkJob;
}

/** Answers between two reports of progress. */
const REPORT_EVERY = 1_000;

export function bulkCommand(program: Command, session: () => Session): void {
  program
    .command('bulk')
    .description('submit a file of jobs, one JSON object a line; a bad line is named and harms no other')
    .argument('<file>', 'NDJSON, or - for standard input')
    .action(async (file: string) => {
      const { client, queue, answer, step } = session();
      const { lines, broken } = readLines(readInput(file), queue);
      const results: BulkResult[] = [...broken];
      for (let at = 0; at < lines.length; at += LIMITS.bulkJobs) {
        const part = lines.slice(at, at + LIMITS.bulkJobs);
        const report = (answered: number): void => {
          if (answered % REPORT_EVERY === 0 || answered === part.length)
            step(`${at + answered} of ${lines.length} jobs sent`);
        };
        const answers = await client.submitBulk(
          part.map(({ job }) => job),
          { onProgress: report },
        );
        results.push(...answers.map((result) => ({ ...result, line: part[result.line - 1]?.line ?? result.line })));
      }
      results.sort((a, b) => a.line - b.line);
      const refused = results.flatMap(({ line, error }) => (error === undefined ? [] : [{ line, error }]));
      const stored = results.flatMap(({ line, job }) => (job === undefined ? [] : [{ line, id: job.id }]));
      answer({ stored, refused }, () =>
        [`${stored.length} of ${results.length} jobs are stored`, ...refused.map(wordsOf)].join('\n'),
      );
      if (refused.length > 0) process.exitCode = EXIT_CODES.failed;
    });
}

const wordsOf = ({
  line,
  error,
}: {
  readonly line: number;
  readonly error: NonNullable<BulkResult['error']>;
}): string => `line ${line}: ${error.code}: ${plain(error.detail)}`;

/** Lines that are no JSON object are refused here; the rest is sent, and judged by the producer. */
function readLines(text: string, queue: string | undefined): { lines: readonly Line[]; broken: readonly BulkResult[] } {
  const lines: Line[] = [];
  const broken: BulkResult[] = [];
  for (const [index, source] of text.split(/\r?\n/).entries()) {
    if (source.trim() === '') continue;
    const line = index + 1;
    try {
      const job: unknown = JSON.parse(source);
      if (typeof job !== 'object' || job === null || Array.isArray(job)) throw new SyntaxError('no JSON object');
      // Read from a file, and checked by the producer: it may be anything.
      lines.push({ line, job: { ...(queue === undefined ? {} : { queue }), ...(job as BulkJob) } });
    } catch (error) {
      broken.push({ line, error: { code: 'INVALID_BODY', detail: error instanceof Error ? error.message : '' } });
    }
  }
  if (lines.length + broken.length === 0)
    throw new UsageError('there is no job in it: one JSON object a line is needed');
  return { lines, broken };
}
