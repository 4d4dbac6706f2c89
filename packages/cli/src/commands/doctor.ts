import type { Command } from 'commander';
import type { Finding } from 'prodwork/engines/lease/doctor';
import { EXIT_CODES } from '../session.ts';

const MARK: { readonly [level in Finding['level']]: string } = { ok: 'ok  ', warning: 'WARN', problem: 'BAD ' };

export function doctorCommand(program: Command, isJson: () => boolean, env: NodeJS.ProcessEnv): void {
  program
    .command('doctor')
    .description('examine a live Redis: version, policy, persistence, rights, memory, clock, orphans')
    .option('--redis <url>', 'the Redis to examine [REDIS_URL, else redis://127.0.0.1:6379]')
    .option('--prefix <prefix>', 'prefix of the keys', 'prodwork')
    .option('--mend', 'take orphans away, and put jobs that are in no state back into their lane')
    .action(async (flags: { redis?: string; prefix: string; mend?: boolean }) => {
      const redisUrl = flags.redis ?? env.REDIS_URL ?? 'redis://127.0.0.1:6379';
      // Read only here: the other commands speak HTTP alone, and start sooner without it.
      const { examine } = await import('prodwork/engines/lease/doctor');
      const findings = await examine({ redisUrl, prefix: flags.prefix, mend: flags.mend === true });
      if (isJson()) process.stdout.write(`${JSON.stringify({ findings })}\n`);
      else for (const { level, what } of findings) process.stdout.write(`${MARK[level]}  ${what}\n`);
      if (findings.some(({ level }) => level === 'problem')) process.exitCode = EXIT_CODES.failed;
    });
}
