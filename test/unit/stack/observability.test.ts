import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly datasource: { readonly type: string; readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly refId: string; readonly expr: string }[];
}

const STACK = read('compose/observability.yaml');
const SOURCE = read('compose/observability/datasource.yml');
const PROVIDER = read('compose/observability/dashboards.yml');
const DASHBOARD = JSON.parse(read('compose/observability/prodwork.json')) as { uid: string; panels: readonly Panel[] };

/** Where Grafana's container finds this file of `compose/observability`. */
const mountOf = (file: string): string | undefined =>
  new RegExp(`^ +- \\./observability/${file.replace('.', '\\.')}:(\\S+):ro$`, 'm').exec(STACK)?.[1];

/** Source of every process that Prometheus asks, in one text. */
const CODE = ['packages/worker/src', 'packages/producer/src', 'packages/shared/src']
  .flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)),
  )
  .filter((path) => path.endsWith('.ts'))
  .map(read)
  .join('\n');

describe('the observability profile', () => {
  it('puts its provisioning where Grafana looks for it', () => {
    expect(mountOf('datasource.yml')).toMatch(/^\/etc\/grafana\/provisioning\/datasources\/[^/]+\.yml$/);
    expect(mountOf('dashboards.yml')).toMatch(/^\/etc\/grafana\/provisioning\/dashboards\/[^/]+\.yml$/);
    const dashboard = mountOf('prodwork.json') ?? '';
    expect(/path: ([^ }]+)/.exec(PROVIDER)?.[1]).toBe(dirname(dashboard));
    expect(/GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH: (\S+)/.exec(STACK)?.[1]).toBe(dashboard);
  });

  it('draws every panel from the data source that it provisions', () => {
    const uid = /uid: ([^ ,}]+)/.exec(SOURCE)?.[1];
    for (const { title, datasource } of DASHBOARD.panels)
      expect([title, datasource]).toEqual([title, { type: 'prometheus', uid }]);
    expect(SOURCE).toContain('http://prometheus:9090');
  });

  it('has no two panels of one number or in one place', () => {
    const { panels } = DASHBOARD;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    for (const { gridPos } of panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
  });

  it('shows what an operator asks first', () => {
    const asked = DASHBOARD.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)).join('\n');
    for (const metric of ['prodwork_jobs', 'prodwork_oldest_waiting_seconds', 'prodwork_redeliveries_total'])
      expect(asked).toContain(metric);
    for (const metric of ['prodwork_job_wait_seconds', 'prodwork_job_duration_seconds'])
      for (const share of ['0.5', '0.95', '0.99'])
        expect(asked).toMatch(new RegExp(`histogram_quantile\\(${share}, [^\\n]*${metric}_bucket`));
    expect(asked).toContain('process_start_time_seconds');
  });

  it('asks for no metric that the code does not have', () => {
    const asked = DASHBOARD.panels.flatMap(({ targets }) =>
      targets.flatMap(({ expr }) => expr.match(/prodwork_\w+/g) ?? []),
    );
    for (const name of new Set(asked)) {
      const metric = name.replace(/_(bucket|count|sum)$/, '');
      expect([name, CODE.includes(`'${metric}'`) || CODE.includes(`\`${metric}\``)]).toEqual([name, true]);
    }
  });

  it('publishes each of its ports on loopback alone', () => {
    const ports = [...STACK.matchAll(/^ +ports: \["([^"]+)"\]$/gm)].map(([, port = '']) => port);
    expect(ports).toHaveLength(2);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
    expect(new Set(ports.map((port) => port.split(':').at(-1))).size).toBe(2);
  });
});
