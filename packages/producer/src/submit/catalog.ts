import type { JobDefinition } from 'prodwork/job/define-job';
import { Compile, type Validator } from 'typebox/compile';

export interface CatalogEntry {
  readonly definition: JobDefinition;
  readonly check: Validator;
}

/** The job types on offer. A Map, so that `constructor` and `__proto__` name nothing. */
export type Catalog = ReadonlyMap<string, CatalogEntry>;

export function createCatalog(definitions: readonly JobDefinition[]): Catalog {
  return new Map(definitions.map((definition) => [definition.type, { definition, check: Compile(definition.input) }]));
}
