import type { FastifyInstance, FastifyReply } from 'fastify';
import { isProdworkError, ProdworkError } from 'prodwork/errors';
import type { JobDefinition } from 'prodwork/job/define-job';
import { LIMITS } from 'prodwork/job/limits';
import type { Services } from '../services.ts';
import { type Batch, batchName, isPageToken, newPageToken } from '../submit/form-batch.ts';
import { FORM_BYTES, readForm } from '../submit/form-body.ts';
import { readNewJob } from '../submit/intake.ts';
import type { Fault } from '../submit/rules.ts';
import { faultsOf } from '../submit/rules.ts';
import { fieldsOf, payloadOf } from '../views/fields.ts';
import { formPage } from '../views/form-page.ts';
import { gauge } from '../views/gauge.ts';
import { type Html, html } from '../views/html.ts';

/** `/`: the form and the gauge. `POST /jobs`: what the form sends. */
export function formRoutes(app: FastifyInstance, services: Services): void {
  const { config, engine, catalog, formSubmits, snapshots, clock, jobTypes, files } = services;

  interface Shown {
    readonly selected: JobDefinition;
    readonly values?: ReadonlyMap<string, string>;
    readonly faults?: readonly Fault[];
    readonly notice?: Html;
  }
  const show = async (reply: FastifyReply, shown: Shown): Promise<FastifyReply> => {
    const snapshot = await snapshots.read().catch(() => undefined);
    // The token in the page stands for one submit, so the page is kept nowhere.
    reply.header('cache-control', 'no-store').type('text/html; charset=utf-8');
    return reply.send(
      formPage({
        jobTypes,
        values: new Map(),
        faults: [],
        ...shown,
        token: newPageToken(),
        canPrioritize: engine.promises.priorities,
        canDelay: engine.promises.delay,
        gauge: gauge(snapshot),
        replica: config.replicaName,
      }),
    );
  };

  app.get<{ Querystring: { type?: string } }>('/', { schema: { hide: true } }, async (request, reply) => {
    const { type } = request.query;
    const chosen = typeof type === 'string' ? catalog.get(type)?.definition : undefined;
    const selected = chosen ?? jobTypes[0];
    if (selected === undefined) throw new ProdworkError('INTERNAL', 'No job type is defined.');
    return show(reply, { selected });
  });

  const formOptions = { bodyLimit: FORM_BYTES, config: { takesFiles: true }, schema: { hide: true } };
  app.post<{ Body: unknown }>('/jobs', formOptions, async (request, reply) => {
    const { fields: form, faults: fileFaults } = await readForm(request, {
      files,
      catalog,
      keepMs: config.filesKeepMs,
    });
    const entry = catalog.get(form.get('type') ?? '');
    if (entry === undefined) throw new ProdworkError('UNKNOWN_TYPE', undefined, { field: 'type' });
    const { definition } = entry;
    const values = new Map(form.entries());
    const refuse = (faults: readonly Fault[]): Promise<FastifyReply> => {
      reply.code(400);
      return show(reply, { selected: definition, values, faults });
    };

    const payload = payloadOf(fieldsOf(definition.input), (name) => form.get(name));
    const copies = readWhole(form.get('copies'), 1);
    const faults: Fault[] = [...fileFaults];
    if (!(copies >= 1 && copies <= LIMITS.copies)) {
      faults.push({ field: 'copies', rule: `must be a whole number from 1 to ${LIMITS.copies}` });
    }
    if (!entry.check.Check(payload)) {
      const named = new Set(fileFaults.map(({ field }) => field));
      faults.push(...faultsOf(entry.check.Errors(payload), 'payload').filter(({ field }) => !named.has(field)));
    }
    const delaySeconds = Number(form.get('delaySeconds') || 0);
    const delayMs = Number.isFinite(delaySeconds) ? Math.round(delaySeconds * 1000) : -1;
    if (delayMs < 0 || delayMs > LIMITS.delayMs) {
      faults.push({ field: 'delayMs', rule: `must be a number from 0 to ${LIMITS.delayMs / 1000} seconds` });
    }
    if (faults.length > 0) return refuse(faults);

    const given = form.get('token') ?? '';
    const batch: Batch = { token: isPageToken(given) ? given : newPageToken(), copies };
    try {
      const body = {
        type: definition.type,
        payload,
        ...(form.get('priority') && { priority: form.get('priority') }),
        ...(delayMs > 0 && { delayMs }),
      };
      const job = readNewJob(body, { catalog, queue: config.queue, now: clock.now(), isFingerprinted: true });
      const ids = await formSubmits.submit(job, batch);
      const receipt = copies === 1 ? `/jobs/${ids[0] ?? ''}` : `/jobs/batch/${batchName(batch)}`;
      return reply.header('cache-control', 'no-store').redirect(receipt, 303);
    } catch (error) {
      if (!isProdworkError(error)) throw error;
      if (error.code === 'IDEMPOTENCY_CONFLICT') {
        reply.code(error.status);
        const notice = html`<p><strong>This page was sent before, with other values.</strong> Those jobs are in the queue; nothing was added now. Send once more if you want these as well.</p>`;
        return show(reply, { selected: definition, values, notice });
      }
      if (error.details.field !== undefined && error.status < 500) {
        return refuse([{ field: error.details.field, rule: error.details.rule ?? error.message }]);
      }
      throw error;
    }
  });
}

function readWhole(text: string | null, fallback: number): number {
  if (text === null) return fallback;
  return /^\d{1,9}$/.test(text.trim()) ? Number(text) : Number.NaN;
}
