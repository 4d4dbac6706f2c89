import { Command } from 'commander';
import { ProblemError } from 'prodwork/client';
import { actCommands } from './commands/act.ts';
import { bulkCommand } from './commands/bulk.ts';
import { doctorCommand } from './commands/doctor.ts';
import { queueCommands } from './commands/queue.ts';
import { readCommands } from './commands/read.ts';
import { signInCommand } from './commands/sign-in.ts';
import { submitCommand } from './commands/submit.ts';
import { watchCommand } from './commands/watch.ts';
import { EXIT_CODES, type GlobalOptions, openSession, type Session, UsageError } from './session.ts';

/** Builds the command; runs nothing. `env` gives the defaults of --url and --token. */
export function createCli(env: NodeJS.ProcessEnv): Command {
  const program = new Command('prodwork')
    .description('Submit, watch and mend jobs.')
    .option('--url <url>', 'the producer [PRODWORK_URL]', env.PRODWORK_URL ?? 'http://localhost:5000')
    .option('--token <token>', 'Bearer token; better in the environment [PRODWORK_TOKEN]')
    .option('--queue <queue>', 'another queue than the default one')
    .option('--json', 'answer in JSON, for programs')
    .showSuggestionAfterError()
    .exitOverride();
  // No default in the option itself: the help would print the token.
  const options = (): GlobalOptions => ({ token: env.PRODWORK_TOKEN ?? '', ...program.opts() });
  const session = (): Session => openSession(options(), process.stdout, process.stderr);
  submitCommand(program, session);
  bulkCommand(program, session);
  readCommands(program, session);
  watchCommand(program, session);
  actCommands(program, session);
  queueCommands(program, session);
  signInCommand(program, session);
  doctorCommand(program, () => options().json === true, env);
  return program;
}

/** Runs one command line. Resolves to the exit code. */
export async function runCli(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  try {
    await createCli(env).parseAsync([...args], { from: 'user' });
    return Number(process.exitCode ?? EXIT_CODES.ok);
  } catch (error) {
    if (error instanceof Error && 'exitCode' in error) return error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage;
    process.stderr.write(`${messageOf(error)}\n`);
    if (error instanceof UsageError) return EXIT_CODES.usage;
    return error instanceof ProblemError && error.status === 0 ? EXIT_CODES.noAnswer : EXIT_CODES.failed;
  }
}

function messageOf(error: unknown): string {
  if (!(error instanceof ProblemError)) return error instanceof Error ? error.message : String(error);
  const { code, detail, field, rule } = error.problem;
  if (code === 'NO_ANSWER') return `${detail}\nIs it running? --url or PRODWORK_URL says where it is.`;
  const where = field === undefined ? '' : `\n  field: ${field}`;
  return `${code}: ${detail}${where}${rule === undefined ? '' : `\n  rule:  ${rule}`}`;
}
