import type { EngineName } from 'prodwork/engine/engine';
import { describe } from 'vitest';
import { type Suite, suiteOf } from './suite.ts';
import { cancelTopic } from './topics/cancel.ts';
import { claimTopic } from './topics/claim.ts';
import { deathTopic } from './topics/death.ts';
import { delayTopic } from './topics/delay.ts';
import { drainTopic } from './topics/drain.ts';
import { fenceTopic } from './topics/fence.ts';
import { idempotencyTopic } from './topics/idempotency.ts';
import { inspectTopic } from './topics/inspect.ts';
import { onceTopic } from './topics/once.ts';
import { operatorRetryTopic } from './topics/operator-retry.ts';
import { orderTopic } from './topics/order.ts';
import { pauseTopic } from './topics/pause.ts';
import { resultsTopic } from './topics/results.ts';
import { retryTopic } from './topics/retry.ts';
import { routingTopic } from './topics/routing.ts';
import { settleTopic } from './topics/settle.ts';
import { submitTopic } from './topics/submit.ts';
import { whyTopic } from './topics/why.ts';

const TOPICS: readonly (readonly [string, (suite: Suite) => void])[] = [
  ['submit', submitTopic],
  ['claim', claimTopic],
  ['settle', settleTopic],
  ['retry', retryTopic],
  ['delay', delayTopic],
  ['order', orderTopic],
  ['cancel', cancelTopic],
  ['pause', pauseTopic],
  ['drain', drainTopic],
  ['death', deathTopic],
  ['at most once', onceTopic],
  ['idempotency', idempotencyTopic],
  ['results', resultsTopic],
  ['fence', fenceTopic],
  ["operator's retry", operatorRetryTopic],
  ['inspect', inspectTopic],
  ['why', whyTopic],
  ['routing', routingTopic],
];

/** The one suite that every engine passes: where a promise is false it checks that what is asked for is refused. */
export function conformance(engine: EngineName, url: () => string): void {
  for (const [topic, define] of TOPICS) describe(topic, () => define(suiteOf(engine, url)));
}
