import type { Claim } from 'prodwork/engine/consumer';
import { bytesPast } from 'prodwork/job/bytes-past';
import { parse } from 'secure-json-parse';
import { type Failure, failure, messageOf } from './failure.ts';
import type { ServedType } from './job-type.ts';

export type Payload =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly failure: Failure };

/**
 * Reads a payload as if an enemy had written it: anything that can push to Redis can plant one. Keys that reach for a
 * prototype are refused, and the schema is checked again, whatever the producer did.
 */
export function readPayload(claim: Claim, served: ServedType): Payload {
  const limit = served.definition.limits.payloadBytes;
  const bytes = bytesPast(claim.payloadJson, limit);
  if (bytes !== undefined) return refuse(`payload: ${bytes} bytes, and ${limit} at most`);
  let value: unknown;
  try {
    value = isPlain(claim.payloadJson)
      ? JSON.parse(claim.payloadJson)
      : parse(claim.payloadJson, { protoAction: 'error', constructorAction: 'error' });
  } catch (error) {
    return refuse(`payload: ${messageOf(error)}`);
  }
  const fault = served.checkPayload(value);
  return fault === undefined ? { ok: true, value } : refuse(fault);
}

/** Nearly every payload names nothing that reaches a prototype, and has no escape behind which such a name may hide. */
const isPlain = (json: string): boolean =>
  !json.includes('\\') && !json.includes('__proto__') && !json.includes('constructor');

const refuse = (message: string): Payload => ({ ok: false, failure: failure('INVALID_PAYLOAD', message, true) });
