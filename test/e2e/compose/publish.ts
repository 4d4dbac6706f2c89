import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './docker.ts';
import { readFigures } from './figures.ts';

const BEGIN = '<!-- written by npm run test:compose -- size --publish -->';
const END = '<!-- end of what it wrote -->';

/** Puts what `size` measured between the README's marks. */
export function publishSizes(file: string = join(ROOT, 'README.md')): void {
  const readme = readFileSync(file, 'utf8');
  const [before, rest] = readme.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`${file} has no marks for the sizes`);
  writeFileSync(file, `${before}${BEGIN}\n${sentences()}\n${END}${after}`);
}

function sentences(): string {
  const figures = new Map(readFigures().map(({ name, value }) => [name, value]));
  const value = (name: string): number => {
    const found = figures.get(name);
    if (found === undefined) throw new Error(`not measured in this run: ${name}`);
    return found;
  };
  const seconds = (name: string): string => `${(value(name) / 1_000).toFixed(1)} s`;
  return [
    `Images: producer ${value('size of prodwork-producer')} MB, worker ${value('size of prodwork-worker')} MB, of which Node is`,
    `${value('of that, the node program')} MB. With ${availableParallelism()} cores, three workers and empty volumes, all is healthy`,
    `${seconds('compose up, empty volumes, until all is healthy')} after \`up\`; \`stop\` takes ${seconds('compose stop')}, and \`up\` again`,
    `${seconds('compose up again, until all is healthy')}.`,
  ].join('\n');
}
