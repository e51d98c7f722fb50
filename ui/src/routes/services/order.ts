/** The order of the services table: a column and a direction, as it stands in the URL (`p95`, `-errors`). */
import type { ServiceSummary } from '../../../../api/contract/services.ts';
import type { ServiceState } from './service-state.ts';

export const columns = ['name', 'state', 'requests', 'errors', 'p50', 'p95', 'p99', 'version'] as const;
export type Column = (typeof columns)[number];
export interface Order {
  readonly column: Column;
  readonly descending: boolean;
}
export interface Row {
  readonly service: ServiceSummary;
  readonly state: ServiceState;
}

export const defaultOrder: Order = { column: 'state', descending: true };

export const parseOrder = (text: string): Order => {
  const column = columns.find((name) => name === text.replace(/^-/, ''));
  return column === undefined ? defaultOrder : { column, descending: text.startsWith('-') };
};

/** '' for the default, so that it does not stand in the URL. */
export const orderText = ({ column, descending }: Order): string =>
  column === defaultOrder.column && descending === defaultOrder.descending ? '' : `${descending ? '-' : ''}${column}`;

/** A click on a head: numbers start with the largest, names with the first; a second click turns it round. */
export const nextOrder = (order: Order, column: Column): Order =>
  order.column === column
    ? { column, descending: !order.descending }
    : { column, descending: column !== 'name' && column !== 'version' };

/**
 * Equal rows keep the order of requests, then of names, whatever the direction; of services that fail alike, the one that
 * fails most is the likeliest cause and comes first. Unknown figures come last.
 */
export const sortRows = (rows: readonly Row[], { column, descending }: Order): Row[] => {
  const direction = descending ? -1 : 1;
  return rows.toSorted((a, b) => {
    const [x, y] = [figureOf(a, column), figureOf(b, column)];
    if (x === null || y === null) {
      if (x !== y) return x === null ? 1 : -1;
    } else if (x !== y) {
      return (typeof x === 'string' ? compareText(x, String(y)) : x - Number(y)) * direction;
    }
    return (
      (column === 'state' ? failing(b) - failing(a) : 0) ||
      b.service.red.requestsPerSecond - a.service.red.requestsPerSecond ||
      compareText(a.service.name, b.service.name)
    );
  });
};

// ---- helpers

const failing = ({ service, state }: Row): number => (state.figure === 'errorRate' ? service.red.errorRate : 0);

const figureOf = ({ service, state }: Row, column: Column): string | number | null => {
  switch (column) {
    case 'name':
      return service.name;
    case 'state':
      return state.rank;
    case 'requests':
      return service.red.requestsPerSecond;
    case 'errors':
      return service.red.errorRate;
    case 'p50':
      return service.red.p50Ms;
    case 'p95':
      return service.red.p95Ms;
    case 'p99':
      return service.red.p99Ms;
    case 'version':
      return service.version === '' ? null : service.version;
  }
};

const compareText = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });
