import { fileURLToPath } from 'node:url';
import multipart from '@fastify/multipart';
import serveStatic from '@fastify/static';
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify';
import type { Dependencies } from './dependencies.ts';
import { installAuth } from './plugins/auth.ts';
import { installBodies } from './plugins/bodies.ts';
import { installMetrics } from './plugins/metrics.ts';
import { installOpenApi } from './plugins/openapi.ts';
import { installProblems } from './plugins/problems.ts';
import { installRateLimits } from './plugins/rate-limits.ts';
import { installSecurity, requestId } from './plugins/security.ts';
import { installSessions } from './plugins/session.ts';
import { installValidation } from './plugins/validation.ts';
import { apiActRoutes } from './routes/api-acts.ts';
import { apiBulkRoutes } from './routes/api-bulk.ts';
import { apiFileRoutes } from './routes/api-files.ts';
import { apiHistoryRoutes } from './routes/api-history.ts';
import { apiJobRoutes } from './routes/api-jobs.ts';
import { apiQueueRoutes } from './routes/api-queues.ts';
import { dashboardRoutes } from './routes/dashboard.ts';
import { docsRoutes } from './routes/docs.ts';
import { eventRoutes } from './routes/events.ts';
import { formRoutes } from './routes/form.ts';
import { healthRoutes } from './routes/health.ts';
import { jobFileRoutes } from './routes/job-files.ts';
import { receiptRoutes } from './routes/receipt.ts';
import { JobSchema, newJobSchema, ProblemSchema, QueueSchema, WhySchema, WorkerSchema } from './routes/schemas.ts';
import { signInRoutes } from './routes/sign-in.ts';
import { createServices } from './services.ts';

/** Builds the application; never listens. What it is given is started and stopped by the caller. */
export async function buildApp(dependencies: Dependencies): Promise<FastifyInstance> {
  const { config, log } = dependencies;
  const trusted = config.trustProxy.split(',').map((network) => network.trim());
  const logger: FastifyBaseLogger = log;
  const app = fastify({
    loggerInstance: logger,
    // Each request would be two lines; failures are logged by the error handler, durations are in the metrics.
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: config.trustProxy === '' ? false : trusted,
    genReqId: requestId,
    // A logger for each request would hold its id alone; the lines of the error handler carry it themselves.
    childLoggerFactory: (parent) => parent,
    // A02: whoever sends slowly is cut, counted from the first byte of the request.
    requestTimeout: 12_000,
    http: { headersTimeout: 10_000, connectionsCheckingInterval: 1_000, maxHeaderSize: 16 * 1024 },
    keepAliveTimeout: 72_000,
    bodyLimit: 64 * 1024,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: true },
    // A gateway may still send to a replica that is about to leave: what arrives before the last connection ends is done.
    return503OnClosing: false,
  });
  const services = createServices(dependencies);

  installProblems(app);
  installValidation(app);
  for (const schema of [
    ProblemSchema,
    JobSchema,
    newJobSchema(dependencies.jobTypes),
    QueueSchema,
    WorkerSchema,
    WhySchema,
  ])
    app.addSchema(schema);
  installSecurity(app, config);
  installAuth(app, services.tokens);
  installSessions(app, services.sessions);
  installRateLimits(app, config);
  installBodies(app);
  await installOpenApi(app, config);
  installMetrics(app, services.metrics);
  await app.register(serveStatic, {
    root: fileURLToPath(new URL('./public/', import.meta.url)),
    prefix: '/public/',
    decorateReply: false,
    index: false,
    maxAge: '1h',
  });
  // Its hooks run promises for each request: only where files can come.
  await app.register(async (takesFiles) => {
    // What is too large is cut off, and whoever reads it says so.
    await takesFiles.register(multipart, { throwFileSizeLimit: false });
    formRoutes(takesFiles, services);
    apiFileRoutes(takesFiles, services);
  });
  healthRoutes(app, dependencies);
  receiptRoutes(app, services);
  jobFileRoutes(app, services);
  apiJobRoutes(app, services);
  apiBulkRoutes(app, services);
  apiActRoutes(app, services);
  apiQueueRoutes(app, services);
  apiHistoryRoutes(app, services);
  eventRoutes(app, services);
  signInRoutes(app, services);
  dashboardRoutes(app, services);
  docsRoutes(app, services);
  return app;
}
