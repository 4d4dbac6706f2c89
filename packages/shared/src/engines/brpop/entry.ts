import { formatJobId, isGeneratedId, randomLocalId } from '../../job/ids.ts';
import { isChosenId, isName } from '../../job/names.ts';

/** One element of the list, read. */
export interface Entry {
  readonly id: string;
  readonly type: string;
  readonly payloadJson: string;
  /** Epoch ms; 0 when whoever pushed it did not say. */
  readonly createdAt: number;
  readonly timeoutMs?: number;
  /** Times it was handed to a worker and came back. */
  readonly deliveries: number;
}

export type ReadEntry = Entry | { readonly fault: string };

/** Longer elements are set aside unread. */
export const ENTRY_CHARS = 1024 * 1024;
const PAYLOAD = ',"payload":';

/**
 * Writes an element. The payload stands last and as it was given, so that it comes out byte for byte; a reader that only
 * knows JSON reads it all the same.
 */
export function encodeEntry({ payloadJson, ...head }: Entry): string {
  return `{"v":1,${JSON.stringify(head).slice(1, -1)}${PAYLOAD}${payloadJson}}`;
}

/**
 * Reads an element, ours or anybody's: `{"type": "sleep", "payload": {"seconds": 1}}` is enough. Never throws.
 * @param queue gives an id to an entry that has none.
 */
export function decodeEntry(text: string, queue: string): ReadEntry {
  if (text.length > ENTRY_CHARS) return { fault: `longer than ${ENTRY_CHARS} characters` };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { fault: 'not JSON' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { fault: 'not a JSON object' };
  const field = (name: string): unknown => (Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined);
  const type = field('type');
  if (typeof type !== 'string' || !isName(type)) return { fault: '`type` is not the name of a type' };
  const id = field('id') ?? formatJobId(queue, 0, randomLocalId());
  if (typeof id !== 'string' || !(isChosenId(id) || isGeneratedId(id))) return { fault: '`id` is not a job id' };
  const timeoutMs = field('timeoutMs');
  return {
    id,
    type,
    payloadJson: text.startsWith('{"v":1,') ? ownPayload(text) : JSON.stringify(field('payload') ?? {}),
    createdAt: whole(field('createdAt')) ?? 0,
    ...(whole(timeoutMs) ? { timeoutMs: whole(timeoutMs) ?? 0 } : {}),
    deliveries: whole(field('deliveries')) ?? 0,
  };
}

/** No field before the payload can hold the mark: names and ids have no quotes. */
const ownPayload = (text: string): string => text.slice(text.indexOf(PAYLOAD) + PAYLOAD.length, -1);

const whole = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
