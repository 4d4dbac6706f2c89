import { ProdworkError } from 'prodwork/errors';
import type { JobDefinition } from 'prodwork/job/define-job';
import type { RunContext } from 'prodwork/job/handle';
import { Compile } from 'typebox/compile';

/**
 * A handler whatever its payload is: what `handle(...)` gives fits here. Its payload is `never`, so that nothing can
 * call it by accident with a value that its schema has not seen.
 */
export interface AnyHandler {
  readonly definition: JobDefinition;
  readonly run: (payload: never, context: RunContext) => unknown;
  readonly verify?: (result: never, context: RunContext) => unknown;
}

/** The first fault of a value against a schema, in words; undefined when it fits. */
export type Check = (value: unknown) => string | undefined;

/** A type that this worker serves: its handler, and its schemas compiled once. */
export interface ServedType {
  readonly definition: JobDefinition;
  readonly run: (payload: unknown, context: RunContext) => unknown;
  readonly verify: ((result: unknown, context: RunContext) => unknown) | undefined;
  readonly checkPayload: Check;
  readonly checkResult: Check;
}

/**
 * Makes handlers ready to serve.
 * @param only the types to serve; the others are left out.
 * @throws ProdworkError `PRODWORK_JOB_DEFINITION` when two handlers claim one type.
 */
export function serveTypes(handlers: readonly AnyHandler[], only: readonly string[]): ReadonlyMap<string, ServedType> {
  const served = new Map<string, ServedType>();
  for (const { definition, run, verify } of handlers) {
    if (!only.includes(definition.type)) continue;
    if (served.has(definition.type)) {
      throw new ProdworkError('PRODWORK_JOB_DEFINITION', `two handlers for the job type "${definition.type}"`);
    }
    served.set(definition.type, {
      definition,
      // The one place where a checked value enters a handler: both casts stand behind checkPayload and checkResult.
      run: (payload, context) => run(payload as never, context),
      verify: verify && ((result, context) => verify(result as never, context)),
      checkPayload: checker(definition.input, 'payload'),
      checkResult: definition.output ? checker(definition.output, 'result') : () => undefined,
    });
  }
  return served;
}

function checker(schema: JobDefinition['input'], root: string): Check {
  const validator = Compile(schema);
  return (value) => {
    if (validator.Check(value)) return undefined;
    const [first] = validator.Errors(value);
    return first ? `${root}${first.instancePath.replaceAll('/', '.')}: ${first.message}` : `${root}: does not fit`;
  };
}
