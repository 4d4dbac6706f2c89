import { setTimeout as wait } from 'node:timers/promises';
import { defineJob } from 'prodwork/job/define-job';
import { handle, PermanentError } from 'prodwork/job/handle';
import { Type } from 'typebox';

const input = Type.Object({ how: Type.String() });

/** Does to its process what a test asks for. */
export const suspect = handle(defineJob({ type: 'suspect', input, timeoutMs: 60_000 }), {
  async run({ how }, { signal, progress, files, job }) {
    switch (how) {
      case 'sigkill':
        return process.kill(process.pid, 'SIGKILL');
      case 'exit':
        return process.exit(3);
      case 'throw':
        throw new Error('thrown in the child');
      case 'permanent':
        throw new PermanentError('no use in the child');
      case 'block':
        progress({ pid: process.pid });
        for (;;);
      case 'file': {
        const file = await files.write('alone.txt', 'written alone');
        return { file, read: (await files.read(file)).content.toString() };
      }
      case 'wait':
        progress({ pid: process.pid });
        await wait(600_000, undefined, { signal });
        return {};
      default:
        progress(50);
        return { pid: process.pid, attempt: job.attempt };
    }
  },
  verify: () => ({ verifiedIn: process.pid }),
});
