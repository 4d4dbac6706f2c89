/**
 * `npm run test:compose`: the stack on a real Docker engine. Installs and starts one where there is none, builds
 * stand-ins for base images that cannot be pulled, builds the images, runs the tests, prints every figure.
 * Arguments go to vitest: `npm run test:compose -- tour`. `--publish` (with `size`) writes sizes and times into the README.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runSuite } from '../../../compose/run/checks/suite.ts';
import { totalsLine } from '../../../compose/run/checks/totals.ts';
import { lockSetup } from '../../../compose/run/setup/lock.mjs';
import { must, ROOT } from './docker.ts';
import { figure, figuresTable, forgetFigures } from './figures.ts';
import { newLedger } from './ledger.ts';
import { publishSizes } from './publish.ts';
import { removeStack } from './stack.ts';

const HERE = import.meta.dirname;
const STATE = join(ROOT, '.prodwork', 'compose');
const say = (text: string): void => void process.stdout.write(`prodwork: ${text}\n`);

/** A step whose output is shown as it comes. */
async function step(command: string, ...args: string[]): Promise<void> {
  const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} failed (exit code ${code})`);
}

/** Every image that is not built here: those that services name, and the bases of the Dockerfile. */
async function neededImages(): Promise<string[]> {
  const named = (await must('docker compose --profile "*" config --images'))
    .split('\n')
    // Grafana is in no package that a stand-in could be made of: the tests ask Prometheus its dashboard's questions.
    .filter((name) => !name.startsWith('prodwork-') && !name.startsWith('grafana/'));
  const dockerfile = readFileSync(join(ROOT, 'compose', 'Dockerfile'), 'utf8');
  const bases = [...dockerfile.matchAll(/^ARG \w+_IMAGE=(\S+)$/gm)].map(([, name = '']) => name);
  return [...new Set([...bases, ...named])];
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  const isOpen = await Promise.race([
    once(server, 'listening').then(() => true),
    once(server, 'error').then(() => false),
  ]);
  server.close();
  return isOpen;
}

async function choosePort(): Promise<string> {
  if (process.env.PRODWORK_PORT) return process.env.PRODWORK_PORT;
  for (let port = 5000; port < 5100; port += 10) if (await isFree(port)) return String(port);
  throw new Error('no free port from 5000 to 5090');
}

async function timed(what: string, action: () => Promise<unknown>): Promise<void> {
  const startedAt = performance.now();
  await action();
  figure(what, Math.round((performance.now() - startedAt) / 100) / 10, 's');
}

async function main(args: readonly string[]): Promise<number> {
  // There is one stack of this name on a machine: a second run waits for the first.
  const unlock = await lockSetup(join(tmpdir(), 'prodwork-compose-test.lock'));
  process.once('exit', unlock);
  forgetFigures();
  await timed('engine ready', () => step(join(HERE, 'engine', 'install-engine.sh'), join(STATE, 'engine')));
  process.env.COMPOSE_FILE = ['compose.yaml', 'test/e2e/compose/override.yaml'].join(':');
  process.env.TEST_LEDGER_DIR = join(STATE, 'ledger');
  newLedger();
  const images = await neededImages();
  await timed('base images ready', () =>
    step(join(HERE, 'engine', 'build-stand-ins.sh'), join(STATE, 'engine'), ...images),
  );
  await removeStack();
  process.env.PRODWORK_PORT = await choosePort();
  say(`the stack will be on port ${process.env.PRODWORK_PORT}`);
  await timed('images built', () =>
    step('docker', 'compose', '--progress', 'plain', '--profile', '*', 'build', '--quiet'),
  );

  const suites = args.filter((arg) => arg !== '--publish');
  const totals = await runSuite(['--config', join(HERE, 'vitest.config.ts'), ...suites], process.env);
  if (process.env.TEST_KEEP_STACK !== '1') await removeStack();
  process.stdout.write(`\n${figuresTable()}\n\n${totalsLine(totals)}\n`);
  if (totals.failed > 0) return 1;
  if (suites.length < args.length) publishSizes();
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
