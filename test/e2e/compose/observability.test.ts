import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bash, killNow, must, ROOT } from './docker.ts';
import { figure, say } from './figures.ts';
import { inHand } from './ledger.ts';
import { drained, freshStack, removeStack } from './stack.ts';
import { lineOf } from './tour.ts';
import { until } from './wait.ts';

const PROMETHEUS = `http://127.0.0.1:${process.env.PROMETHEUS_PORT ?? '9090'}`;

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}

async function query(expr: string): Promise<readonly { metric: Record<string, string>; value: [number, string] }[]> {
  const response = await fetch(`${PROMETHEUS}/api/v1/query?query=${encodeURIComponent(expr)}`).catch(() => undefined);
  if (response === undefined) return [];
  const answer = (await response.json()) as { status: string; error?: string; data?: { result: [] } };
  if (answer.status !== 'success') throw new Error(`${expr}: ${answer.error}`);
  return answer.data?.result ?? [];
}

afterAll(removeStack);

describe('the observability profile', () => {
  beforeAll(async () => {
    const client = await freshStack({ workers: 3, producers: 2 });
    // Where Grafana's image cannot be had, Prometheus comes alone.
    const hasGrafana =
      (
        await bash(
          'docker image inspect grafana/grafana:12.2.0 || timeout 120 docker compose --profile observability pull grafana',
        )
      ).code === 0;
    const command = lineOf('docker compose --profile observability up -d');
    await must(hasGrafana ? command : `${command} --no-recreate --wait redis producer worker nginx prometheus`);
    say(hasGrafana ? 'Prometheus and Grafana' : 'Prometheus without Grafana, whose image cannot be had here');
    // Two deliveries of one job: what counts redeliveries has something to count.
    const jobs = await client.submitMany('observed', 6, 3);
    await until('the first worker has work', () => inHand('prodwork-worker-1', Date.now()).length > 0);
    await killNow('prodwork-worker-1');
    await drained(jobs);
  });

  it('publishes Prometheus on a port of its own, on loopback', async () => {
    expect(await must('docker port prodwork-prometheus-1')).toBe(`9090/tcp -> ${new URL(PROMETHEUS).host}`);
  });

  it('scrapes every replica that Docker names, and needs no change when there are more', async () => {
    const up = (count: number) =>
      until(`${count} targets are up`, async () => (await query('up == 1')).length === count);
    await up(5);
    const startedAt = Date.now();
    await must('docker compose up -d --no-build --no-recreate --scale worker=4');
    await up(6);
    figure('a new worker until Prometheus had scraped it', Date.now() - startedAt, 'ms');
  });

  it('answers every question of the dashboard that ships', async () => {
    const path = join(ROOT, 'compose', 'observability', 'prodwork.json');
    const { panels } = JSON.parse(readFileSync(path, 'utf8')) as Dashboard;
    for (const { title, targets } of panels) {
      for (const { expr } of targets) {
        // A metric that was renamed would draw an empty panel.
        await until(`${title}: ${expr}`, async () => (await query(expr)).length > 0);
      }
    }
  });
});
