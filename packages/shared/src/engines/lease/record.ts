import type { Claim } from '../../engine/consumer.ts';
import type { NewJob } from '../../engine/submitter.ts';
import { formatJobId } from '../../job/ids.ts';
import { type DeliveryMode, PRIORITIES, type Priority } from '../../job/job.ts';
import type { Held } from './hands.ts';

/**
 * A record is what was submitted, written once: a header (one line of JSON) and the payload's JSON text.
 * `["1sleep",3,1780000000000,0,0]\n{"seconds":2}`: lane, maxAttempts, createdAt, timeoutMs (0: the type's own), runAt.
 * Lua reads no more of it than the lane.
 */
export interface RecordHeader {
  readonly type: string;
  readonly priority: Priority;
  readonly delivery: DeliveryMode;
  readonly maxAttempts: number;
  readonly createdAt: number;
  readonly timeoutMs: number | undefined;
  readonly runAt: number | undefined;
}

const LANE = /^([012])([a-z0-9][a-z0-9_-]{0,63})(!?)$/;

export function laneOf(type: string, priority: Priority, delivery: DeliveryMode): string {
  return `${PRIORITIES.indexOf(priority)}${type}${delivery === 'at-most-once' ? '!' : ''}`;
}

export function encodeRecord(job: NewJob, lane: string, createdAt: number, runAt: number): string {
  return `["${lane}",${job.maxAttempts},${createdAt},${job.timeoutMs ?? 0},${runAt}]\n${job.payloadJson}`;
}

/** Reads a record; undefined when it has not this form (planted, or damaged). */
export function decodeRecord(record: string): { header: RecordHeader; payloadJson: string } | undefined {
  if (lastLine !== undefined && record.startsWith(lastLine.text) && record[lastLine.text.length] === '\n') {
    return { header: lastLine.header, payloadJson: record.slice(lastLine.text.length + 1) };
  }
  const end = record.indexOf('\n');
  const header = decodeHeader(end < 0 ? record : record.slice(0, end));
  return header && end >= 0 ? { header, payloadJson: record.slice(end + 1) } : undefined;
}

/** Jobs that were submitted together, with the same settings, have the same header: it is read once. */
let lastLine: { readonly text: string; readonly header: RecordHeader } | undefined;
const HEADER = /^\["([^"]{2,66})",(\d{1,3}),(\d{1,16}),(\d{1,9}),(\d{1,16})\]$/;

export function decodeHeader(line: string): RecordHeader | undefined {
  if (line === lastLine?.text) return lastLine.header;
  const [, lane = '', maxAttempts, createdAt, timeoutMs, runAt] = HEADER.exec(line) ?? [];
  const kind = decodeLane(lane);
  if (kind === undefined) return undefined;
  const header = {
    ...kind,
    maxAttempts: Number(maxAttempts),
    createdAt: Number(createdAt),
    timeoutMs: Number(timeoutMs) || undefined,
    runAt: Number(runAt) || undefined,
  };
  lastLine = { text: line, header };
  return header;
}

type Kind = Pick<RecordHeader, 'type' | 'priority' | 'delivery'>;

/** Lanes are few and come with every job: each is read once. Bounded, since records can be planted. */
const lanes = new Map<string, Kind>();
const LANES_MOST = 1_000;

function decodeLane(lane: string): Kind | undefined {
  const known = lanes.get(lane);
  if (known !== undefined) return known;
  const [, digit, type, mark] = LANE.exec(lane) ?? [];
  const priority = PRIORITIES[Number(digit)];
  if (type === undefined || priority === undefined) return undefined;
  const kind: Kind = { type, priority, delivery: mark === '!' ? 'at-most-once' : 'at-least-once' };
  if (lanes.size < LANES_MOST) lanes.set(lane, kind);
  return kind;
}

/** A claim as the scripts send it, before its record was looked at. */
export interface RawClaim {
  readonly local: string;
  readonly fence: number;
  readonly delivery: number;
  readonly attempt: number;
  readonly generation: number;
  readonly isSuspect: boolean;
  readonly record: string;
}

/** What a claim says beside its id and record. Jobs that were claimed together say the same: it is read once. */
type ClaimHead = Omit<RawClaim, 'local' | 'record'>;
let lastHead: { readonly text: string; readonly head: ClaimHead } | undefined;

/** Reads `C<id> <fence> <delivery> <attempt> <generation> <suspect>\n<record>`. */
export function decodeClaim(text: string): RawClaim | undefined {
  const from = text.indexOf(' ');
  if (from < 0 || text[0] !== 'C') return undefined;
  if (lastHead === undefined || !text.startsWith(lastHead.text, from)) {
    const end = text.indexOf('\n', from);
    const head = decodeHead(text.slice(from, end + 1));
    if (head === undefined) return undefined;
    lastHead = { text: text.slice(from, end + 1), head };
  }
  const { fence, delivery, attempt, generation, isSuspect } = lastHead.head;
  const record = text.slice(from + lastHead.text.length);
  return { local: text.slice(1, from), fence, delivery, attempt, generation, isSuspect, record };
}

/** Reads one claim, or what was claimed together in first deliveries: a list of fence, ids and records. */
export function decodeClaims(part: unknown): readonly RawClaim[] {
  if (!Array.isArray(part)) {
    const one = decodeClaim(String(part));
    return one === undefined ? [] : [one];
  }
  const [fence, ids, records]: readonly unknown[] = part;
  if (!Array.isArray(ids) || !Array.isArray(records)) return [];
  const first = Number(fence);
  // Spelled out: to spread what they share into each costs more than to read it.
  return ids.map((local, at) => ({
    local: String(local),
    fence: first,
    delivery: 1,
    attempt: 1,
    generation: 1,
    isSuspect: false,
    record: String(records[at]),
  }));
}

function decodeHead(text: string): ClaimHead | undefined {
  const [, fence, delivery, attempt, generation, suspect] = /^ (\d+) (\d+) (\d+) (\d+) ([01])\n$/.exec(text) ?? [];
  if (suspect === undefined) return undefined;
  return {
    fence: Number(fence),
    delivery: Number(delivery),
    attempt: Number(attempt),
    generation: Number(generation),
    isSuspect: suspect === '1',
  };
}

/**
 * A claim as this engine hands it out. What the engine knows of it rides along where no caller sees it: a table keyed by
 * claims would be looked through at every garbage collection.
 */
export class HeldClaim implements Claim {
  readonly id: string;
  readonly queue: string;
  readonly type: string;
  readonly payloadJson: string;
  readonly priority: Priority;
  readonly maxAttempts: number;
  declare readonly timeoutMs?: number;
  readonly createdAt: number;
  readonly generation: number;
  readonly delivery: number;
  readonly attempt: number;
  readonly fence: number;
  readonly isSuspect: boolean;
  #held: Held | undefined;

  constructor(id: string, queue: string, raw: RawClaim, header: RecordHeader, payloadJson: string) {
    this.id = id;
    this.queue = queue;
    this.type = header.type;
    this.payloadJson = payloadJson;
    this.priority = header.priority;
    this.maxAttempts = header.maxAttempts;
    if (header.timeoutMs !== undefined) this.timeoutMs = header.timeoutMs;
    this.createdAt = header.createdAt;
    this.generation = raw.generation;
    this.delivery = raw.delivery;
    this.attempt = raw.attempt;
    this.fence = raw.fence;
    this.isSuspect = raw.isSuspect;
  }

  set held(held: Held) {
    this.#held = held;
  }

  /** Undefined for a claim that this engine never handed out. */
  static heldOf(claim: Claim): Held | undefined {
    return #held in claim ? claim.#held : undefined;
  }
}

/** The claim as the runtime sees it; undefined when its record cannot be read. */
export function toClaim(raw: RawClaim, queue: string, shard: number): HeldClaim | undefined {
  const decoded = decodeRecord(raw.record);
  if (decoded === undefined) return undefined;
  return new HeldClaim(formatJobId(queue, shard, raw.local), queue, raw, decoded.header, decoded.payloadJson);
}
