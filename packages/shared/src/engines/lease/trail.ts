import type { Delivery, DeliveryOutcome, FinalState, JobError } from '../../job/job.ts';
import type { Outcome } from '../../job/outcome.ts';

/** What happened to a job so far; `lua/shard.lua` describes the form, and both halves of it stand in this folder. */
export interface Trail {
  readonly finalState: FinalState | undefined;
  readonly finishedAt: number | undefined;
  readonly generation: number;
  readonly attempts: number;
  readonly fence: number;
  readonly isCancelRequested: boolean;
  readonly deliveries: readonly Delivery[];
  readonly error: JobError | undefined;
  readonly resultJson: string | undefined;
  readonly verified: { readonly at: number; readonly evidence: unknown } | undefined;
}

const EMPTY: Trail = {
  finalState: undefined,
  finishedAt: undefined,
  generation: 1,
  attempts: 0,
  fence: 0,
  isCancelRequested: false,
  deliveries: [],
  error: undefined,
  resultJson: undefined,
  verified: undefined,
};
const FINAL: { readonly [letter: string]: FinalState } = {
  C: 'completed',
  D: 'dead',
  X: 'cancelled',
  A: 'abandoned',
};
/** The trail of a job that completed in its first delivery, before what the attempt left: finishedAt, fence, worker. */
const FIRST = /^c(\d+) (\d+) ([^\n]*)/;
const HEADER = /^(\S) (\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (\d) (\d+)$/;

/** Reads a trail; '' is the trail of a job that no worker has ended yet. What cannot be read is left out. */
export function decodeTrail(text: string): Trail {
  if (text === '') return EMPTY;
  const full = text.replace(FIRST, 'C $1 1 1 1 0 $2 0 0\n@1,1,$3,$2,,,c,');
  const [head = '', ...lines] = full.split('\n');
  const [, state = '-', finishedAt, generation, , attempts, , fence, cancel] = HEADER.exec(head) ?? [];
  const value = (mark: string): string | undefined => lines.find((line) => line.startsWith(mark))?.slice(1);
  const final = FINAL[state];
  return {
    finalState: final,
    finishedAt: final === undefined ? undefined : Number(finishedAt),
    generation: Number(generation ?? 1),
    attempts: Number(attempts ?? 0),
    fence: Number(fence ?? 0),
    isCancelRequested: cancel === '1',
    deliveries: lines.filter((line) => line.startsWith('@')).flatMap((line) => decodeDelivery(line, finishedAt ?? '0')),
    error: parseError(value('!')),
    resultJson: value('='),
    verified: parseVerified(value('~')),
  };
}

const OUTCOMES: { readonly [letter: string]: DeliveryOutcome } = {
  c: 'completed',
  f: 'failed',
  x: 'cancelled',
  r: 'released',
  k: 'crashed',
};

function decodeDelivery(line: string, finishedAt: string): Delivery[] {
  const [number, attempt, worker, fence, startedAt, endedAt, letter = '', cause] = line.slice(1).split(',');
  const outcome = OUTCOMES[letter];
  if (worker === undefined || outcome === undefined) return [];
  return [
    {
      number: Number(number),
      attempt: Number(attempt),
      worker,
      fence: Number(fence),
      startedAt: startedAt === '' ? Math.floor(Number(fence) / 1000) : Number(startedAt),
      endedAt: Number(endedAt === '' ? finishedAt : endedAt),
      outcome,
      ...(cause ? { cause } : {}),
    },
  ];
}

function parseJson(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parseError(text: string | undefined): JobError | undefined {
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null || !('code' in value) || !('message' in value)) return undefined;
  return { code: String(value.code), message: String(value.message) };
}

function parseVerified(text: string | undefined): Trail['verified'] {
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null || !('at' in value)) return undefined;
  return { at: Number(value.at), evidence: 'evidence' in value ? value.evidence : undefined };
}

/** The arguments of one settled item for the `turn` script, after id and fence: verb, delayMs, cause, body. */
export function encodeOutcome(outcome: Outcome): readonly [string, number, string, string] {
  switch (outcome.kind) {
    case 'complete': {
      const verified = outcome.verified === undefined ? '' : `\n~${JSON.stringify(outcome.verified)}`;
      return ['C', 0, '', `\n=${oneLineJson(outcome.resultJson)}${verified}`];
    }
    case 'retry':
      return ['R', outcome.delayMs, cause(outcome.error.code), `\n!${JSON.stringify(outcome.error)}`];
    case 'bury':
      return ['B', 0, cause(outcome.error.code), `\n!${JSON.stringify(outcome.error)}`];
    case 'release':
      return ['L', 0, cause(outcome.cause), ''];
    case 'crash':
      return ['K', 0, cause(outcome.cause), ''];
    case 'cancel':
      return ['X', 0, '', ''];
  }
}

/** A cause stands in a line of comma-separated fields. */
const cause = (text: string): string => text.replace(/[^A-Za-z0-9_.: -]/g, '_').slice(0, 64);

/** JSON text has line breaks only where it was printed for people: between its tokens, where a space does as well. */
const oneLineJson = (json: string): string => (json.includes('\n') ? json.replace(/[\r\n]/g, ' ') : json);
