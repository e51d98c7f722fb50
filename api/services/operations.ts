/** Operations of a service, now and before, with every kind of span. */
import type { QueryCost, Telemetry, Tenant } from '../../kernel/telemetry/client.ts';
import type { SpanKind } from '../contract/values.ts';
import type { Where } from '../query/sql.ts';
import type { OperationFigures } from './moved.ts';
import { redOf, redSource, spanOfRow, windowParams } from './red.ts';
import type { RedWindow } from './window.ts';

export interface OperationRed extends OperationFigures {
  readonly kind: SpanKind;
}

/** Those called most: more would be names made of ids. */
const maxOperations = 1000;

/** Operations that enter the service come first, then those called most. `where` speaks of service, environment and version. */
export const readOperations = async (
  telemetry: Pick<Telemetry, 'query'>,
  tenant: Tenant,
  window: RedWindow,
  where: Where,
): Promise<{ operations: OperationRed[]; cost: QueryCost }> => {
  const { rows, cost } = await telemetry.query<OperationRow>({
    tenant,
    sql: operationsSql(window, where),
    params: { ...windowParams(window), ...where.params, limit: maxOperations },
  });
  const operations = rows.map(({ service, name, kind, now, before }) => ({
    service,
    name,
    kind,
    now: now.calls === 0 ? undefined : redOf(now, window.seconds),
    before: before.calls === 0 ? undefined : redOf(before, window.beforeSeconds),
  }));
  return { operations, cost };
};

interface Figures {
  readonly calls: number;
  readonly errors: number;
  readonly durations_ns: readonly (number | null)[];
}
interface OperationRow {
  readonly service: string;
  readonly name: string;
  readonly kind: SpanKind;
  readonly now: Figures;
  readonly before: Figures;
}

/** A name and kind that occurs both as a root and below one is a single operation, and an entry. */
const operationsSql = (window: RedWindow, where: Where): string => `
  SELECT service, name, kind, ${figures('now', 1)}, ${figures('before', 0)}
  FROM (
    SELECT service, name, kind, ${spanOfRow} AS span, max(entry) AS entries, sum(calls) AS calls, sum(errors) AS errors,
      quantilesDDMergeState(0.01, 0.5, 0.95, 0.99)(duration_ns_quantiles) AS durations
    FROM ${redSource(window)}
    WHERE ${where.sql}
    GROUP BY service, name, kind, span
    HAVING span >= 0
  )
  GROUP BY service, name, kind
  ORDER BY max(entries) DESC, sum(calls) DESC, service, name, kind
  LIMIT {limit:UInt32}`;

const figures = (name: string, span: 0 | 1): string => `
    CAST((sumIf(calls, span = ${span}), sumIf(errors, span = ${span}),
      quantilesDDMergeIf(0.01, 0.5, 0.95, 0.99)(durations, span = ${span})),
      'Tuple(calls UInt64, errors UInt64, durations_ns Array(Nullable(Float64)))') AS ${name}`;
