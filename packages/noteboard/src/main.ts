import { createLog } from 'prodwork/log';
import { bootPostgres } from 'prodwork/postgres/boot';
import { EXIT, exitWith, run } from 'prodwork/process';
import { buildApp } from './app.ts';
import { type NoteboardConfig, readConfig } from './config.ts';
import { noteboardSchema } from './notes/schema.ts';

function configOrExit(): NoteboardConfig {
  try {
    return readConfig();
  } catch (error) {
    return exitWith(EXIT.config, error instanceof Error ? error.message : String(error));
  }
}

const config = configOrExit();
const log = createLog({ name: 'noteboard', level: config.logLevel, format: config.logFormat });
const boot = bootPostgres({
  url: config.databaseUrl,
  name: 'noteboard',
  schema: noteboardSchema,
  log,
  max: config.connections,
});
const app = await buildApp({ boot, log });

await run({
  log,
  stopWithinMs: config.drainMs + 4_000,
  service: {
    async start() {
      // First the port, then Postgres: who asks meanwhile is told to come back, instead of being refused.
      await app.listen({
        port: config.port,
        host: config.host,
        listenTextResolver: (address) => `noteboard at ${address}`,
      });
      await boot.start();
    },
    async stop() {
      const cut = setTimeout(() => app.server.closeAllConnections(), config.drainMs);
      await app.close();
      clearTimeout(cut);
      await boot.stop();
    },
  },
});
