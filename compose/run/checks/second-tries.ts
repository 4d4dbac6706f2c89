import type { Reporter, TestModule } from 'vitest/node';

/** Names every test that passed only when it was tried again (`npm test -- --retry=1`): each is a fault to look into. */
export default class SecondTries implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const found = modules.flatMap((module) =>
      [...module.children.allTests('passed')]
        .filter((test) => (test.diagnostic()?.retryCount ?? 0) > 0)
        .map((test) => `${module.relativeModuleId} > ${test.fullName}`),
    );
    for (const name of found) process.stdout.write(`passed only when it was tried again: ${name}\n`);
  }
}
