import { randomBytes } from 'node:crypto';
import { isChosenId, isName } from './names.ts';

/**
 * Job ids.
 *
 * A generated id is `<queue>.<shard>.<22 characters>`: what finds the job, and 128 random bits in base64url.
 * A chosen id (`^[A-Za-z][A-Za-z0-9_-]{0,63}$`) has no dot, so the two never meet; it is unique within its queue.
 */
export interface JobAddress {
  readonly queue: string;
  readonly shard: number;
  /** The id inside its shard: the 22 random characters, or `=` and the chosen id. */
  readonly local: string;
}

const GENERATED = /^([a-z0-9][a-z0-9_-]{0,63})\.(0|[1-9]\d{0,3})\.([A-Za-z0-9_-]{22})$/;
const POOL_BYTES = 16 * 512;
let pool = Buffer.alloc(0);
let used = 0;

/** 22 base64url characters that carry 128 random bits. Draws from the system in blocks: one call for 512 ids. */
export function randomLocalId(): string {
  if (used >= pool.length) {
    pool = randomBytes(POOL_BYTES);
    used = 0;
  }
  const id = pool.toString('base64url', used, used + 16);
  used += 16;
  return id;
}

/** The id that callers see. */
export function formatJobId(queue: string, shard: number, local: string): string {
  return local.startsWith('=') ? local.slice(1) : `${queue}.${shard}.${local}`;
}

/**
 * Finds what an id names, or undefined when it is neither a generated nor a chosen id.
 * @param queue where a chosen id is looked for; a generated id names its own queue.
 * @param shardOf which shard of the queue holds a chosen id.
 */
export function parseJobId(
  id: string,
  queue: string,
  shardOf: (chosenId: string) => number = () => 0,
): JobAddress | undefined {
  const generated = GENERATED.exec(id);
  if (generated?.[1] && generated[2] && generated[3]) {
    return { queue: generated[1], shard: Number(generated[2]), local: generated[3] };
  }
  if (!isName(queue) || !isChosenId(id)) return undefined;
  return { queue, shard: shardOf(id), local: `=${id}` };
}

/** True for ids that nobody can guess: those may be read without a token. */
export const isGeneratedId = (id: string): boolean => GENERATED.test(id);
