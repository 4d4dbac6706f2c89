import type { Scenario } from '../stage.ts';

const KINDS = { empty: 'backup-not-empty', pipe: 'archive-not-empty', 'no-rows': 'rows-exported' } as const;

export const hollowSuccess: Scenario = {
  id: 'F26',
  title: 'exit 0 but wrong: empty output, `false | gzip`, 0 rows',
  isQuiet: true,
  mayBury: true,
  async run(stage) {
    const { world } = stage;
    for (const [how, check] of Object.entries(KINDS)) {
      const id = await world.load.place({ type: 'hollow', payload: { how } });
      const fault = stage.fault('F26', `a job that ends with exit 0 and has nothing to show: ${how}`);
      await stage.timeUntil(
        fault.at,
        20_000,
        async () => (await world.inspector.job(id, 'default'))?.finishedAt !== undefined,
      );
      const job = await world.inspector.job(id, 'default');
      stage.check(`state (${how})`, job?.state === 'dead', job?.state, 'dead after its attempts, never completed');
      const isNamed = job?.error?.code === 'VERIFY_FAILED' && job.error.message.includes(check);
      stage.check(
        `what failed (${how})`,
        isNamed,
        `${job?.error?.code}: ${job?.error?.message}`,
        `VERIFY_FAILED naming ${check}`,
      );
    }
  },
};
