import type { EngineName } from 'prodwork/engine/engine';
import { queueKeys } from 'prodwork/engines/bullmq/layout';
import { expect, test } from 'vitest';
import { Lab } from '../../conformance/lab.ts';
import { until } from '../../support/until.ts';
import { figure } from '../report/figures.ts';
import type { ServerCluster } from '../topologies/cluster.ts';
import { Traffic } from './traffic.ts';

/** The bound of F30: how long after the move the loops may take, ms. */
const RECOVER_WITHIN_MS = 5_000;

/** A key of the queue, to know its slot by. */
function aKeyOf(engine: EngineName, lab: Lab): string {
  switch (engine) {
    case 'brpop':
      return `${lab.prefix}:brpop:${lab.queue}`;
    case 'bullmq':
      return queueKeys(lab.prefix, lab.queue).of('meta');
    case 'lease':
    case 'memory':
      return `${lab.prefix}:{${lab.queue}:0}:meta`;
  }
}

export function slotMoveTopic(engine: EngineName, cluster: () => ServerCluster): void {
  test('a slot that moves under load loses nothing, and the loops go on within 5 s', async () => {
    const lab = await Lab.open(engine, cluster().url, { keep: { count: 100_000, ageMs: 3_600_000, bytes: 2 ** 30 } });
    const traffic = await Traffic.start(lab);
    const slot = await cluster().slotOf(aKeyOf(engine, lab));
    for (const round of [1, 2]) {
      const { keys } = await cluster().moveSlot(slot);
      expect(keys).toBeGreaterThan(0);
      const { submitMs, claimMs } = await traffic.flowsAgain(Date.now());
      figure(`${engine}: claims again after slot move ${round}`, claimMs, 'ms');
      expect(Math.max(submitMs, claimMs)).toBeLessThan(RECOVER_WITHIN_MS);
    }
    await traffic.ebb();
    await until('everything to be done', async () => (await lab.counts()).completed >= traffic.accepted.length, 30_000);
    await traffic.stop();
    const lost = traffic.accepted.filter((id) => !traffic.starts.has(id));
    const twice = [...traffic.starts.values()].filter((starts) => starts > 1).length;
    figure(`${engine}: accepted, lost, started twice while a slot moved`, [
      traffic.accepted.length,
      lost.length,
      twice,
    ]);
    expect(lost).toEqual([]);
    expect([...traffic.odd]).toEqual([]);
    await lab.close();
  }, 120_000);
}
