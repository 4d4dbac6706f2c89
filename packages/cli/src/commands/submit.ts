import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Command } from 'commander';
import type { ProdworkClient, SubmitOptions } from 'prodwork/client';
import { type Job, PRIORITIES } from 'prodwork/job/job';
import { choiceOption, readInput, wholeNumber } from '../options.ts';
import { type Session, UsageError } from '../session.ts';
import { jobDetails } from '../words.ts';
import { watchJob } from './watch.ts';

interface SubmitFlags {
  readonly id?: string;
  readonly key?: string;
  readonly delay?: number;
  readonly at?: string;
  readonly priority?: Job['priority'];
  readonly attempts?: number;
  readonly timeout?: number;
  readonly file?: readonly string[];
  readonly watch?: boolean;
}

export function submitCommand(program: Command, session: () => Session): void {
  program
    .command('submit')
    .description('submit a job; the payload is JSON text, @file, or - for standard input')
    .argument('<type>', 'the job type, e.g. sleep')
    .argument('[payload]', 'JSON', '{}')
    .option('--id <id>', 'choose the id; submitting it again finds the same job')
    .option('--key <text>', 'idempotency key')
    .option('--delay <ms>', 'due this much later', wholeNumber)
    .option('--at <time>', 'due at this time, ISO 8601 with its zone')
    .addOption(choiceOption('--priority <priority>', 'order among waiting jobs', PRIORITIES))
    .option('--attempts <n>', 'attempts before the job is dead', wholeNumber)
    .option('--timeout <ms>', 'longest run of one attempt', wholeNumber)
    .option('--file <field=path>', 'upload a file for this field of the payload; may be repeated', collect)
    .option('--watch', 'stay until it has ended')
    .action(async (type: string, payload: string, flags: SubmitFlags) => {
      const { client, queue, answer, isJson } = session();
      const whole = await withFiles(client, readPayload(payload), flags.file ?? []);
      const job = await client.submit(type, whole, optionsOf(flags, queue));
      if (flags.watch) return watchJob(session(), job.id);
      answer(job, (stored) => (isJson ? '' : jobDetails(stored, Date.now())));
    });
}

function optionsOf(flags: SubmitFlags, queue: string | undefined): SubmitOptions {
  return {
    ...(queue === undefined ? {} : { queue }),
    ...(flags.id === undefined ? {} : { id: flags.id }),
    ...(flags.key === undefined ? {} : { idempotencyKey: flags.key }),
    ...(flags.delay === undefined ? {} : { delayMs: flags.delay }),
    ...(flags.at === undefined ? {} : { runAt: flags.at }),
    ...(flags.priority === undefined ? {} : { priority: flags.priority }),
    ...(flags.attempts === undefined ? {} : { maxAttempts: flags.attempts }),
    ...(flags.timeout === undefined ? {} : { timeoutMs: flags.timeout }),
  };
}

function readPayload(text: string): unknown {
  const source = text.startsWith('@') || text === '-' ? readInput(text.replace(/^@/, '')) : text;
  try {
    return JSON.parse(source);
  } catch (error) {
    throw new UsageError(`the payload is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** The payload with a reference to each file that was uploaded for it. */
async function withFiles(client: ProdworkClient, payload: unknown, files: readonly string[]): Promise<unknown> {
  if (files.length === 0) return payload;
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
    throw new UsageError('--file needs a payload that is an object');
  }
  const fields: Record<string, unknown> = { ...payload };
  for (const file of files) {
    const [, field, path] = /^([^=]+)=(.+)$/s.exec(file) ?? [];
    if (field === undefined || path === undefined) throw new UsageError(`--file ${file}: must be field=path`);
    fields[field] = (await client.upload(basename(path), readBytes(path))).id;
  }
  return fields;
}

function readBytes(path: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(readFileSync(path));
  } catch (error) {
    throw new UsageError(`--file ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
