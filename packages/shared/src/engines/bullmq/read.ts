import type { Job } from '../../job/job.ts';
import type { Connection } from '../../redis/connections.ts';
import { runScript } from '../../redis/script.ts';
import { jobOf } from './job-view.ts';
import type { QueueKeys } from './layout.ts';
import { show } from './scripts.ts';

/** Reads jobs by id, in the order of the ids. */
export async function readJobs(
  connection: Connection,
  keys: QueueKeys,
  ids: readonly string[],
  queue: string,
): Promise<readonly (Job | undefined)[]> {
  if (ids.length === 0) return [];
  const sets = ['completed', 'failed', 'delayed', 'prioritized', 'active', 'pw-cancelled'].map(keys.of);
  const reply = await runScript(connection, show, sets, [keys.of(''), ...ids]);
  return ids.map((id, at) => jobOf(Array.isArray(reply) ? reply[at] : undefined, id, queue));
}
