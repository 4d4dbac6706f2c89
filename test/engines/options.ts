import { parseArgs } from 'node:util';
import { SERVERS, type ServerRelease } from './servers/catalog.ts';
import { TOPOLOGIES, type TopologyName } from './topologies/topology.ts';

export const ENGINES = ['lease', 'brpop', 'bullmq'] as const;
export type TestedEngine = (typeof ENGINES)[number];

/** What of the matrix is run. */
export interface Options {
  readonly servers: readonly ServerRelease[];
  readonly topologies: readonly TopologyName[];
  readonly engines: readonly TestedEngine[];
}

/** Reads the command line; each option may be given several times. @throws Error with the rule that it breaks. */
export function readOptions(args: readonly string[]): Options {
  const list = { type: 'string', multiple: true } as const;
  const { values } = parseArgs({ args: [...args], options: { server: list, topology: list, engine: list } });
  return {
    servers: pick('server', SERVERS, ({ id }) => id, values.server),
    topologies: pick('topology', TOPOLOGIES, String, values.topology),
    engines: pick('engine', ENGINES, String, values.engine),
  };
}

function pick<T>(
  what: string,
  all: readonly T[],
  name: (one: T) => string,
  wanted: readonly string[] | undefined,
): readonly T[] {
  const stray = wanted?.find((text) => !all.some((one) => name(one) === text));
  if (stray !== undefined) throw new Error(`--${what} ${stray}: there are ${all.map(name).join(', ')}`);
  return wanted === undefined ? all : all.filter((one) => wanted.includes(name(one)));
}
