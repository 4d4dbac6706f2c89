/**
 * `npm run audit`: asks the registry for known weaknesses of what the lockfile installs, and writes the bill of materials.
 * A registry that cannot be asked is said, and is no failure: a closed network must be able to pass.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type AuditAnswer, judgeAudit } from './checks/audit-answer.ts';
import { ROOT } from './checks/tools.ts';

const ASK_MS = 60_000;
const SBOM = join(ROOT, '.prodwork', 'sbom.cdx.json');
const say = (text: string): void => void process.stdout.write(`prodwork: ${text}\n`);

/** pnpm is on PATH: the set-up sees to it. */
function pnpm(args: readonly string[]): Promise<AuditAnswer> {
  return new Promise((resolve) => {
    execFile('pnpm', args, { cwd: ROOT, timeout: ASK_MS, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      resolve({ hasFailed: error !== null, isCut: error?.killed === true, stdout, stderr });
    });
  });
}

async function billOfMaterials(): Promise<boolean> {
  mkdirSync(join(ROOT, '.prodwork'), { recursive: true });
  const answer = await pnpm(['sbom', '--lockfile-only', '--sbom-format', 'cyclonedx', '--out', SBOM]);
  if (answer.hasFailed) {
    say(`the bill of materials could not be written: ${answer.stderr || answer.stdout}`);
    return false;
  }
  const bill: unknown = JSON.parse(readFileSync(SBOM, 'utf8'));
  const components = typeof bill === 'object' && bill !== null && 'components' in bill ? bill.components : undefined;
  const count = Array.isArray(components) ? components.length : 0;
  say(`bill of materials: ${count} packages in ${relative(ROOT, SBOM)}`);
  return count > 0;
}

const { verdict, why } = judgeAudit(await pnpm(['audit', '--audit-level', 'high']));
say(`audit: ${verdict}${why ? `: ${why}` : ''}`);
const isWritten = await billOfMaterials();
process.exitCode = verdict === 'weaknesses found' || !isWritten ? 1 : 0;
