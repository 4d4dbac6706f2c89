/** `npm run lint`: everything that is checked without running the code. */
import { staticChecks } from './checks/static.ts';

const failed = await staticChecks();
process.stdout.write(failed.length === 0 ? 'lint: clean\n' : `lint: ${failed.join(' and ')} found faults\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
