import type { JobDefinition } from 'prodwork/job/define-job';
import { FINAL_STATES, JOB_STATES, PRIORITIES } from 'prodwork/job/job';
import { LIMITS } from 'prodwork/job/limits';
import { JOB_ID_PATTERN, NAME_PATTERN } from 'prodwork/job/names';
import { type TSchema, Type } from 'typebox';

/** Shapes of the API. Requests are checked with them, OpenAPI is made from them. */
const time = (description: string): TSchema => Type.Integer({ description: `${description}, epoch ms` });
const oneOf = (values: readonly string[], options = {}): TSchema =>
  Type.Unsafe<string>({ type: 'string', enum: [...values], ...options });

export const QueueName = Type.String({ pattern: NAME_PATTERN });
export const JobId = Type.String({ maxLength: 96, pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,95}$' });
export const State = Type.Union(JOB_STATES.map((state) => Type.Literal(state)));

export const InQueue = Type.Object({
  queue: Type.Optional(
    Type.String({
      pattern: NAME_PATTERN,
      description: 'Where a chosen id is looked for; a generated id names its own queue.',
    }),
  ),
});
export const ById = Type.Object({ id: JobId });

export const ProblemSchema = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String({ description: 'Stable; see the table on /docs.' }),
    detail: Type.String(),
    field: Type.Optional(Type.String({ description: 'The field at fault, as a path.' })),
    rule: Type.Optional(Type.String({ description: 'The rule that it breaks, with its bounds.' })),
    jobId: Type.Optional(Type.String()),
  },
  { $id: 'Problem' },
);

const DeliverySchema = Type.Object({
  number: Type.Integer(),
  attempt: Type.Integer(),
  worker: Type.String(),
  fence: Type.Integer(),
  startedAt: time('Handed over'),
  endedAt: Type.Optional(time('Over')),
  outcome: Type.Optional(oneOf(['completed', 'failed', 'cancelled', 'released', 'crashed'])),
  cause: Type.Optional(Type.String()),
});

export const JobSchema = Type.Object(
  {
    id: Type.String(),
    type: Type.String(),
    queue: Type.String(),
    state: oneOf(JOB_STATES, { description: `Final: ${FINAL_STATES.join(', ')}.` }),
    payload: Type.Unknown(),
    result: Type.Optional(Type.Unknown()),
    verified: Type.Optional(Type.Object({ at: time('Checked'), evidence: Type.Unknown() })),
    error: Type.Optional(Type.Object({ code: Type.String(), message: Type.String() })),
    priority: oneOf(PRIORITIES),
    attempts: Type.Integer({ description: 'Attempts that ended, in this generation.' }),
    maxAttempts: Type.Integer(),
    timeoutMs: Type.Optional(Type.Integer()),
    tags: Type.Optional(Type.Array(Type.String())),
    progress: Type.Optional(Type.Unknown()),
    generation: Type.Integer({ description: "1 at submit; an operator's retry opens the next." }),
    createdAt: time('Accepted'),
    runAt: Type.Optional(time('Due')),
    finishedAt: Type.Optional(time('Final')),
    cancelRequested: Type.Optional(Type.Boolean()),
    deliveries: Type.Array(DeliverySchema),
  },
  { $id: 'Job' },
);

/** One shape for each type, so that a generated client knows which payload goes with which type. */
export function newJobSchema(jobTypes: readonly JobDefinition[]): TSchema {
  const options = {
    queue: Type.Optional(QueueName),
    id: Type.Optional(
      Type.String({ pattern: JOB_ID_PATTERN, description: 'Chosen by the caller, unique in its queue.' }),
    ),
    delayMs: Type.Optional(Type.Integer({ minimum: 0, maximum: LIMITS.delayMs })),
    runAt: Type.Optional(
      Type.Unsafe<number | string>({
        type: ['integer', 'string'],
        description: 'Epoch ms, or ISO 8601 with its zone; at most a year ahead. Not together with delayMs.',
      }),
    ),
    // A `default` here would make generators of clients ask for it.
    priority: Type.Optional(oneOf(PRIORITIES, { description: 'Without it: normal.' })),
    maxAttempts: Type.Optional(Type.Integer({ minimum: 1, maximum: LIMITS.maxAttempts })),
    timeoutMs: Type.Optional(Type.Integer({ minimum: LIMITS.timeoutMs.min, maximum: LIMITS.timeoutMs.max })),
  };
  const shapes = jobTypes.map((definition) =>
    Type.Object(
      { type: Type.Literal(definition.type), payload: definition.input, ...options },
      { title: definition.title, description: definition.description, additionalProperties: false },
    ),
  );
  return Type.Union(shapes, { $id: 'NewJob' });
}

const Count = Type.Integer({ minimum: 0 });
const Counts = Type.Object(Object.fromEntries(JOB_STATES.map((state) => [state, Count])));

export const QueueSchema = Type.Object(
  {
    name: Type.String(),
    isPaused: Type.Boolean(),
    counts: Counts,
    oldestWaitingMs: Type.Integer({ description: 'The signal to scale on; 0 when nothing waits.' }),
    totals: Type.Object({ submitted: Count, completed: Count, failedAttempts: Count, dead: Count, redelivered: Count }),
  },
  { $id: 'Queue' },
);

export const WorkerSchema = Type.Object(
  {
    id: Type.String({ description: 'New for each start.' }),
    name: Type.String(),
    host: Type.String(),
    pid: Type.Integer(),
    version: Type.String(),
    startedAt: time('Started'),
    heartbeatAt: time('Last heartbeat'),
    state: oneOf(['running', 'draining', 'quiet', 'missing']),
    slots: Type.Integer(),
    types: Type.Array(Type.String()),
    jobs: Type.Array(Type.Object({ id: Type.String(), type: Type.String(), startedAt: time('Started') })),
    rssBytes: Type.Optional(Type.Integer()),
    restarts: Type.Optional(Type.Integer()),
    lastDeath: Type.Optional(Type.String()),
  },
  { $id: 'Worker' },
);

export const WhySchema = Type.Object(
  {
    id: Type.String(),
    state: oneOf(JOB_STATES),
    reason: oneOf([
      'final',
      'active',
      'cancel-requested',
      'paused',
      'due-later',
      'no-able-worker',
      'no-worker',
      'no-free-slot',
      'about-to-start',
      'blocked',
    ]),
    detail: Type.String(),
    ahead: Type.Optional(Type.Integer({ description: 'Jobs ahead of it in its own lane.' })),
  },
  { $id: 'Why' },
);

export const problems = (...statuses: readonly number[]): Record<number, TSchema> =>
  Object.fromEntries(statuses.map((status) => [status, Type.Ref('Problem')]));
