import type { EngineName } from 'prodwork/engine/engine';
import { PROMISES, type Promises } from 'prodwork/engine/promises';
import { expect, test } from 'vitest';
import { Lab, type LabOptions } from './lab.ts';

/** What a topic is given: an engine's name, and where its Redis is (known once the tests run). */
export interface Suite {
  readonly engine: EngineName;
  readonly promises: Promises;
  url(): string;
}

export const suiteOf = (engine: EngineName, url: () => string): Suite => ({ engine, promises: PROMISES[engine], url });

export type Body = (lab: Lab) => Promise<void>;

/** A test with a lab of its own, closed at the end with a look at the invariants. */
export function labTest(suite: Suite, sentence: string, body: Body, options: LabOptions = {}): void {
  test(sentence, async () => {
    const lab = await Lab.open(suite.engine, suite.url(), options);
    let isBroken = true;
    try {
      await body(lab);
      isBroken = false;
    } finally {
      // The failure of the body is the one to be read; what follows from it is not.
      await lab.close().catch((error: unknown) => {
        if (!isBroken) throw error;
      });
    }
  });
}

/** A promise that is false: what is asked for is refused by its code, and nothing is stored. */
export function refusalTest(suite: Suite, what: string, ask: (lab: Lab) => Promise<unknown>): void {
  labTest(suite, `${what} are refused, and nothing is stored`, async (lab) => {
    await expect(ask(lab)).rejects.toMatchObject({ code: 'PRODWORK_ENGINE_UNSUPPORTED' });
    const counts = await lab.counts();
    expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(0);
  });
}

export const COMPLETE = { kind: 'complete', resultJson: '{"ok":true}' } as const;
export const failure = (message: string) => ({ code: 'HANDLER_FAILED', message });
