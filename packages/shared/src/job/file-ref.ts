import { type TSchema, type TString, Type } from 'typebox';

/**
 * A stored file, as payloads and results name it: `file:<22 characters>/<name>`. The characters carry what cannot be
 * guessed, so whoever has the reference was given it; the name is part of it, so that people see what they look at.
 */
export interface FileAddress {
  readonly id: string;
  readonly name: string;
}

export const FILE_REF_PATTERN = '^file:[A-Za-z0-9_-]{22}/[^/\\u0000-\\u001f]{1,100}$';
const FILE_REF = /^file:([A-Za-z0-9_-]{22})\/([^/\u0000-\u001f]{1,100})$/;
const NAME_CHARS = 100;
/** Longest name that is taken and made safe; a longer one is refused. */
export const FILE_NAME_CHARS = 255;

export interface FileRefOptions {
  readonly title?: string;
  readonly description?: string;
  /** What a browser offers to choose, as in `<input accept>`: `image/png,.csv`. */
  readonly accept?: string;
}

/** Schema of a payload field, or of a part of a result, that names a file. It stands at the top of its object. */
export function FileRef({ accept, ...options }: FileRefOptions = {}): TString {
  return Type.String({
    ...options,
    format: 'file',
    pattern: FILE_REF_PATTERN,
    ...(accept === undefined ? {} : { 'x-accept': accept }),
  });
}

export const formatFileRef = ({ id, name }: FileAddress): string => `file:${id}/${name}`;

/** What a reference names; undefined when it is none. */
export function parseFileRef(value: unknown): FileAddress | undefined {
  const [, id, name] = (typeof value === 'string' && FILE_REF.exec(value)) || [];
  return id === undefined || name === undefined ? undefined : { id, name };
}

/** The fields of a payload's schema that name files. */
export function fileFieldsOf(schema: TSchema): readonly string[] {
  const properties: unknown = 'properties' in schema ? schema.properties : undefined;
  if (typeof properties !== 'object' || properties === null) return [];
  return Object.entries(properties).flatMap(([name, property]: [string, unknown]) =>
    typeof property === 'object' && property !== null && 'format' in property && property.format === 'file' ? name : [],
  );
}

/**
 * A caller's name for a file, made safe for headers, logs, pages and disks: letters and digits of any script, spaces
 * and `. _ - ( )` stay, anything else (line ends, slashes, characters that turn the direction of text) becomes `_`.
 */
export function cleanFileName(given: string): string {
  const base = given.slice(Math.max(given.lastIndexOf('/'), given.lastIndexOf('\\')) + 1);
  const safe = base
    .toWellFormed()
    .normalize('NFC')
    .replace(/[^\p{L}\p{M}\p{N} ._()-]+/gu, '_')
    .replace(/^[. ]+|[. ]+$/g, '');
  if (safe === '') return 'file';
  if (safe.length <= NAME_CHARS) return safe;
  const ending = /\.[A-Za-z0-9]{1,10}$/.exec(safe)?.[0] ?? '';
  return (
    safe
      .slice(0, NAME_CHARS - ending.length)
      .toWellFormed()
      .replaceAll('\ufffd', '') + ending
  );
}
