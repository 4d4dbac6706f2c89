import type { ActAnswer } from '../../engine/inspector.ts';
import type { Connection } from '../../redis/connections.ts';
import { runScript } from '../../redis/script.ts';
import type { QueueKeys } from './layout.ts';
import { cancel, cancels } from './scripts.ts';

const ACTS: readonly ActAnswer[] = ['cancelled', 'requested', 'unchanged', 'refused', 'not-found'];

/** Cancels a job that has not started; asks for the cancel of one that runs. */
export async function cancelJob(connection: Connection, { of }: QueueKeys, id: string): Promise<ActAnswer> {
  const sets = ['wait', 'paused', 'prioritized', 'delayed', 'active', 'failed', 'completed', 'pw-cancelled'].map(of);
  const answer = await runScript(connection, cancel, [of(id), ...sets], [id, '{}']);
  return ACTS.find((act) => act === answer) ?? 'refused';
}

/** A job whose worker died goes back to wait, unless its cancel was asked for: then it ends there. */
export async function cancelIfAsked(connection: Connection, keys: QueueKeys, id: string): Promise<void> {
  const flags = await runScript(connection, cancels, [keys.of(id)], []);
  if (Array.isArray(flags) && flags[0] === 1) await cancelJob(connection, keys, id);
}
