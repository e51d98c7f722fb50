/** The services of a project: who they are, and how they fare against the range before. */
import { serviceIdOf } from '../../kernel/service-id.ts';
import type { Telemetry, Tenant } from '../../kernel/telemetry/client.ts';
import type { ServiceSummary } from '../contract/services.ts';
import { totalCost } from '../cost.ts';
import type { Handler } from '../handler.ts';
import { readNeighbours } from '../service-map/service-map.ts';
import type { Projects, RegisteredService } from '../tenancy.ts';
import { sinceFirstCall } from './began.ts';
import { readEntries } from './entries.ts';
import { movedMost } from './moved.ts';
import { readOperations } from './operations.ts';
import { whereService, whereServices } from './query.ts';
import { emptySeries, noCalls, type RedFigures, readRed } from './red.ts';
import { readSeenServices, type SeenService } from './seen.ts';
import { type RedWindow, redWindow, roughRedWindow } from './window.ts';

type Store = Pick<Telemetry, 'query'>;
type Registry = Pick<Projects, 'services'>;

/** Those called most come first. */
export const listServices =
  (telemetry: Store, registry: Registry, now: () => number): Handler<'listServices'> =>
  async ({ fromMs, toMs, q }, { tenant }) => {
    const window = await sinceFirstCall(telemetry, tenant, redWindow({ fromMs, toMs }, now()));
    const where = whereServices(q);
    const [red, seen, { operations, cost }, registered] = await Promise.all([
      readRed(telemetry, tenant, window, where),
      readSeenServices(telemetry, tenant, window, where),
      readEntries(telemetry, tenant, roughRedWindow({ fromMs, toMs }, now()), where),
      registry.services(tenant),
    ]);
    const { total } = red;
    const identify = identities(tenant, registered);
    return {
      services: seen.services
        .map((service) => summaryOf(service, identify(service.name), red.services.get(service.name), window))
        .sort((a, b) => b.red.calls - a.red.calls || compareText(a.name, b.name)),
      total: {
        red: total.now ?? noCalls,
        before: total.before ?? null,
        series: total.series,
        seriesBefore: total.seriesBefore,
      },
      moved: movedMost(operations, isWhole(total.seriesBefore.requestsPerSecond)),
      cost: totalCost([red.cost, seen.cost, cost]),
    };
  };

/** A service that was not seen in the range or before it has figures of zero. */
export const getService =
  (telemetry: Store, registry: Registry, now: () => number): Handler<'getService'> =>
  async ({ fromMs, toMs }, { tenant, service: name }) => {
    const window = await sinceFirstCall(telemetry, tenant, redWindow({ fromMs, toMs }, now()));
    const where = whereService(name);
    const [red, seen, { operations, cost }, neighbours, registered] = await Promise.all([
      readRed(telemetry, tenant, window, where),
      readSeenServices(telemetry, tenant, window, where),
      readOperations(telemetry, tenant, window, where),
      readNeighbours(telemetry, registry, tenant, name, { fromMs, toMs }, now()),
      registry.services(tenant),
    ]);
    const service = seen.services[0] ?? { name, version: '', environment: '', lastSeenMs: 0 };
    return {
      service: summaryOf(service, identities(tenant, registered)(name), red.services.get(name), window),
      operations: operations.map(({ name, kind, now, before }) => ({
        name,
        kind,
        red: now ?? noCalls,
        before: before ?? null,
      })),
      callers: neighbours.callers,
      dependencies: neighbours.dependencies,
      cost: totalCost([red.cost, seen.cost, cost, neighbours.cost]),
    };
  };

/** A service that was seen a moment ago may not be registered yet: its id is known nonetheless, its colour is not. */
const identities = (tenant: Tenant, registered: readonly RegisteredService[]) => {
  const slots = new Map(registered.map(({ service, slot }) => [service, slot]));
  return (name: string): Pick<ServiceSummary, 'id' | 'name' | 'slot'> => ({
    id: serviceIdOf(tenant.org, tenant.project, name),
    name,
    slot: slots.get(name) ?? null,
  });
};

const summaryOf = (
  { version, environment, lastSeenMs }: SeenService,
  identity: Pick<ServiceSummary, 'id' | 'name' | 'slot'>,
  figures: RedFigures | undefined,
  window: RedWindow,
): ServiceSummary => ({
  ...identity,
  red: figures?.now ?? noCalls,
  before: figures?.before ?? null,
  series: figures?.series ?? emptySeries(window, 0),
  version,
  environment,
  lastSeenMs,
});

/** True when something was measured in the first tenth already: the range does not begin ahead of all data. */
const isWhole = (points: readonly (number | null)[]): boolean =>
  points.slice(0, Math.ceil(points.length / 10)).some((point) => point !== null);

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
