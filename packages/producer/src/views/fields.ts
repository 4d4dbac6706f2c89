import type { TSchema } from 'typebox';

/** One control of the form, as the schema asks for it. */
export interface Field {
  /** Name of the property in the payload. */
  readonly name: string;
  /** Name of the control: the property's, unless the form itself needs that name. */
  readonly control: string;
  readonly label: string;
  readonly help: string;
  readonly kind: 'integer' | 'number' | 'text' | 'long-text' | 'choice' | 'checkbox' | 'json' | 'file';
  readonly isRequired: boolean;
  readonly fallback: string;
  readonly choices: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly placeholder?: string;
  readonly inputType?: 'url' | 'email';
  /** Of a file: what a browser offers to choose. */
  readonly accept?: string;
}

/** Controls that the form has for every type. */
const RESERVED: ReadonlySet<string> = new Set(['token', 'type', 'copies', 'priority', 'delaySeconds']);

/** Carries a file along that was stored with a form that had other faults: nobody has to choose it again. */
export const keptControl = (control: string): string => `${control}.kept`;

type Json = Readonly<Record<string, unknown>>;

/** The form of a payload schema: one field a property, in the schema's order. */
export function fieldsOf(input: TSchema): readonly Field[] {
  const schema = asJson(input);
  const required = Array.isArray(schema.required) ? schema.required : [];
  return Object.entries(asJson(schema.properties)).map(([name, property]) =>
    fieldOf(name, asJson(property), required.includes(name)),
  );
}

function fieldOf(name: string, schema: Json, isRequired: boolean): Field {
  const choices = choicesOf(schema);
  const kind = kindOf(schema, choices);
  const fallback = schema.default;
  return {
    name,
    control: RESERVED.has(name) ? `payload.${name}` : name,
    label: typeof schema.title === 'string' ? schema.title : words(name),
    help: typeof schema.description === 'string' ? schema.description : '',
    kind,
    isRequired,
    choices,
    fallback: typeof fallback === 'string' ? fallback : fallback === undefined ? '' : JSON.stringify(fallback),
    ...(typeof schema.minimum === 'number' && { minimum: schema.minimum }),
    ...(typeof schema.maximum === 'number' && { maximum: schema.maximum }),
    ...(typeof schema.maxLength === 'number' && { maxLength: schema.maxLength }),
    ...(Array.isArray(schema.examples) &&
      typeof schema.examples[0] === 'string' && { placeholder: schema.examples[0] }),
    ...(typeof schema['x-accept'] === 'string' && { accept: schema['x-accept'] }),
    ...((schema.format === 'url' || schema.format === 'uri') && { inputType: 'url' as const }),
    ...(schema.format === 'email' && { inputType: 'email' as const }),
  };
}

function kindOf(schema: Json, choices: readonly string[]): Field['kind'] {
  if (choices.length > 0) return 'choice';
  if (schema.format === 'file') return 'file';
  switch (schema.type) {
    case 'integer':
      return 'integer';
    case 'number':
      return 'number';
    case 'boolean':
      return 'checkbox';
    case 'string':
      return typeof schema.maxLength === 'number' && schema.maxLength <= 200 ? 'text' : longOrUrl(schema);
    default:
      return 'json';
  }
}

const longOrUrl = (schema: Json): Field['kind'] => (typeof schema.format === 'string' ? 'text' : 'long-text');

function choicesOf(schema: Json): readonly string[] {
  if (Array.isArray(schema.enum)) return schema.enum.map(String);
  if (!Array.isArray(schema.anyOf)) return [];
  const members = schema.anyOf.map(asJson);
  return members.every((member) => 'const' in member) ? members.map((member) => String(member.const)) : [];
}

/** `upTo` reads as "Up to". */
function words(name: string): string {
  const spaced = name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/[_-]/g, ' ')
    .toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

/**
 * The payload that the form's texts stand for. Empty texts of optional fields are left out; a text that is not what
 * the schema wants is passed on as it is, so that the schema's own rule is what the person is told.
 */
export function payloadOf(fields: readonly Field[], text: (control: string) => string | null): Record<string, unknown> {
  const payload: Record<string, unknown> = {};
  for (const field of fields) {
    const value = text(field.control) ?? '';
    if (field.kind === 'checkbox') payload[field.name] = value === 'on';
    else if (value !== '' || (field.isRequired && (field.kind === 'text' || field.kind === 'long-text'))) {
      payload[field.name] = typed(field, value);
    }
  }
  return payload;
}

function typed(field: Field, text: string): unknown {
  if (field.kind === 'integer' || field.kind === 'number') {
    return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text.trim()) ? Number(text) : text;
  }
  if (field.kind === 'json') {
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }
  // Browsers send line ends as CR LF; what was typed is LF.
  return field.kind === 'long-text' ? text.replaceAll('\r\n', '\n') : text;
}

function asJson(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}
