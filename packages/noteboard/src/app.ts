import formbody from '@fastify/formbody';
import helmet from '@fastify/helmet';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import type { Log } from 'prodwork/log';
import type { PostgresBoot } from 'prodwork/postgres/boot';
import { noteStore } from './notes/store.ts';
import { installProblems } from './problems.ts';
import { healthRoutes } from './routes/health.ts';
import { noteRoutes } from './routes/notes.ts';
import { pageRoutes } from './routes/page.ts';

export interface AppParts {
  readonly boot: PostgresBoot;
  readonly log: Log;
}

/** A note is at most 2,080 characters; the rest is room for escapes and the form's own fields. */
const BODY_BYTES = 32 * 1024;

/** Builds the board; never listens. */
export async function buildApp({ boot, log }: AppParts): Promise<FastifyInstance> {
  const app = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_BYTES,
    requestTimeout: 15_000,
    // Slow headers are cut as well; idle kept-alive connections do not hold a stop up.
    http: { headersTimeout: 10_000, keepAliveTimeout: 5_000 },
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 64 },
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
  });
  installProblems(app);
  app.removeContentTypeParser('text/plain');
  await app.register(formbody, { bodyLimit: BODY_BYTES });
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
      },
    },
    strictTransportSecurity: false,
    referrerPolicy: { policy: 'same-origin' },
    xFrameOptions: { action: 'deny' },
  });
  const store = noteStore(boot);
  pageRoutes(app, store);
  noteRoutes(app, store);
  healthRoutes(app, boot);
  return app;
}
