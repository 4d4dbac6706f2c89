import type { TLocalizedValidationError } from 'typebox/error';

/** A field and the rule it breaks, in words for people. */
export interface Fault {
  readonly field: string;
  readonly rule: string;
}

/** Fields whose names come from a caller are shown cut. */
export const shown = (text: string): string => (text.length > 64 ? `${text.slice(0, 64)}…` : text);

/** The schema's complaints, one for each field at most. `prefix` is where the value stands in the body. */
export function faultsOf(errors: readonly TLocalizedValidationError[], prefix: string): readonly Fault[] {
  const faults = new Map<string, string>();
  const add = (path: string, rule: string): void => {
    const field = [prefix, ...path.split('/').slice(1).map(shown)].filter((part) => part !== '').join('.');
    if (!faults.has(field)) faults.set(field, rule);
  };
  for (const error of errors) {
    switch (error.keyword) {
      case 'required':
        for (const name of error.params.requiredProperties) add(`${error.instancePath}/${name}`, 'is required');
        break;
      case 'additionalProperties':
        for (const name of error.params.additionalProperties) add(`${error.instancePath}/${name}`, 'no such field');
        break;
      case 'boolean':
        break;
      case 'const':
        // Each member of a choice complains; the choice itself says what is allowed.
        if (!errors.some((other) => other.keyword === 'anyOf' && other.instancePath === error.instancePath)) {
          add(error.instancePath, `must be ${JSON.stringify(error.params.allowedValue)}`);
        }
        break;
      case 'anyOf':
        add(error.instancePath, choiceRule(errors, error.instancePath));
        break;
      case 'enum':
        add(error.instancePath, `must be one of ${error.params.allowedValues.map(String).join(', ')}`);
        break;
      case 'type':
        add(error.instancePath, `must be ${typeWords(error.params.type)}`);
        break;
      case 'minimum':
      case 'maximum':
      case 'exclusiveMinimum':
      case 'exclusiveMaximum':
        add(error.instancePath, `must be ${bound(error.params.comparison)} ${error.params.limit}`);
        break;
      case 'minLength':
      case 'maxLength':
        add(
          error.instancePath,
          `must have ${error.keyword === 'minLength' ? 'at least' : 'at most'} ${error.params.limit} characters`,
        );
        break;
      case 'minProperties':
        add(error.instancePath, 'needs one of its fields');
        break;
      case 'maxProperties':
        add(error.instancePath, `takes at most ${error.params.limit} of its fields`);
        break;
      case 'pattern':
        add(error.instancePath, `must match ${error.params.pattern}`);
        break;
      default:
        add(error.instancePath, error.message);
    }
  }
  return [...faults].map(([field, rule]) => ({ field, rule }));
}

function choiceRule(errors: readonly TLocalizedValidationError[], path: string): string {
  const allowed = errors.flatMap((error) =>
    error.keyword === 'const' && error.instancePath === path ? [String(error.params.allowedValue)] : [],
  );
  return allowed.length > 0 ? `must be one of ${allowed.join(', ')}` : 'fits none of the allowed forms';
}

const bound = (comparison: string): string =>
  ({ '<=': 'at most', '>=': 'at least', '<': 'less than', '>': 'more than' })[comparison] ?? comparison;

function typeWords(type: string | readonly string[]): string {
  const words = (one: string): string =>
    ({
      integer: 'a whole number',
      number: 'a number',
      string: 'text',
      boolean: 'true or false',
      object: 'an object',
      array: 'a list',
    })[one] ?? one;
  return typeof type === 'string' ? words(type) : type.map(words).join(' or ');
}
