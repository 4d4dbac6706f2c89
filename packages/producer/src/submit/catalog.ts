import type { JobDefinition } from 'prodwork/job/define-job';
import { Compile, type Validator } from 'typebox/compile';

export interface CatalogEntry {
  readonly definition: JobDefinition;
  readonly check: Validator;
}

/** The job types on offer. A Map, so that `constructor` and `__proto__` name nothing. */
export type Catalog = ReadonlyMap<string, CatalogEntry>;

/** @param hasRetries false for an engine that starts a job once only: a type's default is then one attempt, and says so. */
export function createCatalog(definitions: readonly JobDefinition[], hasRetries = true): Catalog {
  return new Map(
    definitions.map((defined) => {
      const definition = hasRetries ? defined : { ...defined, maxAttempts: 1 };
      return [definition.type, { definition, check: Compile(definition.input) }];
    }),
  );
}
