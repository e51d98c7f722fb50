/** The service map: who calls whom, and whom a service has for neighbours. */
import type { QueryCost, Telemetry, Tenant } from '../../kernel/telemetry/client.ts';
import type { ServiceDetail, ServiceMap } from '../contract/services.ts';
import { totalCost } from '../cost.ts';
import type { Handler } from '../handler.ts';
import { readRed, redSource, windowParams } from '../services/red.ts';
import { type RedWindow, redWindow } from '../services/window.ts';
import type { Projects } from '../tenancy.ts';
import { readEdges } from './edges.ts';
import { assembleMap } from './graph.ts';
import { mapSample } from './sample.ts';

type Store = Pick<Telemetry, 'query'>;
type Registry = Pick<Projects, 'services'>;
interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

export const getServiceMap =
  (telemetry: Store, registry: Registry, now: () => number): Handler<'getServiceMap'> =>
  ({ fromMs, toMs }, { tenant }) =>
    readServiceMap(telemetry, registry, tenant, { fromMs, toMs }, now());

export type Neighbours = Pick<ServiceDetail, 'callers' | 'dependencies'> & { readonly cost: QueryCost };

/** Who calls the service and whom it calls. Busiest first. */
export const readNeighbours = async (
  telemetry: Store,
  registry: Registry,
  tenant: Tenant,
  service: string,
  range: Range,
  nowMs: number,
): Promise<Neighbours> => {
  const { nodes, edges, cost } = await readServiceMap(telemetry, registry, tenant, range, nowMs);
  const kinds = new Map(nodes.map((node) => [node.name, node.kind]));
  const busiest = [...edges].sort((a, b) => b.requestsPerSecond - a.requestsPerSecond);
  return {
    callers: busiest.flatMap(({ source, target, ...figures }) => {
      const kind = kinds.get(source);
      return target === service && (kind === 'service' || kind === 'queue' || kind === 'client')
        ? [{ name: source, kind, ...figures }]
        : [];
    }),
    dependencies: busiest.flatMap(({ source, target, ...figures }) => {
      const kind = kinds.get(target);
      return source === service && kind !== undefined && kind !== 'client' ? [{ name: target, kind, ...figures }] : [];
    }),
    cost,
  };
};

const readServiceMap = async (
  telemetry: Store,
  registry: Registry,
  tenant: Tenant,
  range: Range,
  nowMs: number,
): Promise<ServiceMap> => {
  const window = redWindow(range, nowMs);
  const counted = await countSpans(telemetry, tenant, window);
  // All of time is a range, too: what matters is where there is something.
  const filled = { fromMs: Math.max(range.fromMs, counted.firstMs), toMs: Math.min(range.toMs, counted.lastMs) };
  const sample = mapSample(filled.fromMs < filled.toMs ? filled : { ...range, toMs: range.fromMs + 1 }, counted.spans);
  const [found, red, registered] = await Promise.all([
    readEdges(telemetry, tenant, { ...range, nowMs }, sample),
    readRed(telemetry, tenant, window, { sql: 'true', params: {} }),
    registry.services(tenant),
  ]);
  const called = [...red.services].flatMap(([name, { now }]) => (now === undefined ? [] : [[name, now] as const]));
  const { nodes, edges } = assembleMap({
    edges: found.edges,
    remote: found.remote,
    services: new Map(called),
    slots: new Map(registered.map(({ service, slot }) => [service, slot])),
    sampledOneIn: sample.sampledOneIn,
    seconds: Math.max(1, (Math.min(range.toMs, nowMs) - range.fromMs) / 1000),
  });
  return { nodes, edges, sampledOneIn: sample.sampledOneIn, cost: totalCost([counted.cost, found.cost, red.cost]) };
};

const countSpans = async (
  telemetry: Store,
  tenant: Tenant,
  window: RedWindow,
): Promise<{ spans: number; firstMs: number; lastMs: number; cost: QueryCost }> => {
  const { rows, cost } = await telemetry.query<{ spans: number; first_ms: number; last_ms: number }>({
    tenant,
    sql: `SELECT sum(calls) AS spans, min(at_ms) AS first_ms, max(at_ms) + {grain:Int64} AS last_ms
      FROM ${redSource(window)} WHERE at_ms >= {from:Int64}`,
    params: { ...windowParams(window), grain: window.grainMinutes * 60_000 },
  });
  const { spans, first_ms, last_ms } = rows[0]!;
  return { spans, firstMs: first_ms, lastMs: last_ms, cost };
};
