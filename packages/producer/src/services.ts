import type { Dependencies } from './dependencies.ts';
import { createSnapshots, type Snapshots } from './live/snapshot.ts';
import { type Acts, createActs } from './operate/acts.ts';
import { createMetrics, type Metrics } from './plugins/metrics.ts';
import { openTokens, type Tokens } from './plugins/tokens.ts';
import { createSessions, type Sessions } from './session/sessions.ts';
import { type Catalog, createCatalog } from './submit/catalog.ts';
import { createFormSubmits, type FormSubmits } from './submit/form-batch.ts';
import { createKeepFiles } from './submit/job-files.ts';
import { createSubmitService, type SubmitService } from './submit/submit-service.ts';

/** What the routes work with: the dependencies, and what is made from them once. */
export interface Services extends Dependencies {
  readonly catalog: Catalog;
  readonly metrics: Metrics;
  readonly submits: SubmitService;
  readonly formSubmits: FormSubmits;
  readonly snapshots: Snapshots;
  readonly tokens: Tokens | undefined;
  readonly acts: Acts;
  readonly sessions: Sessions;
}

export function createServices(dependencies: Dependencies): Services {
  const { config, log, clock, engine, submitter, inspector, jobTypes, files } = dependencies;
  const snapshots = createSnapshots(inspector, config.queue, clock);
  const metrics = createMetrics(snapshots);
  const tokens = config.tokensFile === '' ? undefined : openTokens(config.tokensFile, log);
  const catalog = createCatalog(jobTypes, engine.promises.retries);
  const keepFiles = createKeepFiles(files, catalog, config.filesKeepMs);
  const submits = createSubmitService(
    submitter,
    (outcome) => metrics.submits.inc({ outcome }),
    (job) => keepFiles(job, clock.now()),
  );
  return {
    ...dependencies,
    catalog,
    metrics,
    submits,
    formSubmits: createFormSubmits(submits, engine.promises.idempotentSubmit),
    snapshots,
    tokens,
    acts: createActs(dependencies),
    sessions: createSessions(tokens, clock, dependencies.once),
  };
}
