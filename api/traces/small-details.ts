/**
 * All that the spans of a trace carry, where that is little enough to come along with its outline, so that nothing has to
 * be asked for later. Few spans may carry much: two spans of a language model's calls hold as much as a thousand others.
 */
import type { QueryCost, Telemetry, Tenant } from '../../kernel/telemetry/client.ts';
import type { SpanDetails } from '../contract/traces.ts';
import { readFewDetails } from './span-details.ts';
import type { TracePlace } from './trace-place.ts';
import { resourceKey, scopeKey, spanBytes } from './trace-span.ts';

/** Where there are more, nobody looks at most of them. */
const maxSpans = 200;
/** As stored. In an answer it is about as much, of texts with many quotes and lines more. */
const maxBytes = 256 * 1024;
/** `details` is null where they are too many or too large. */
export const readSmallDetails = async (
  telemetry: Pick<Telemetry, 'query'>,
  tenant: Tenant,
  { spanCount, where }: TracePlace,
): Promise<{ details: SpanDetails | null; costs: readonly QueryCost[] }> => {
  if (spanCount > maxSpans) return { details: null, costs: [] };
  const few = await readFewDetails(
    telemetry,
    tenant,
    {
      // Answered before the rows are read: where they are too large, none is.
      sql: `${where.sql} AND (SELECT ${carriedBytes} FROM spans WHERE ${where.sql}) <= {maxDetailBytes:UInt64}`,
      params: { ...where.params, maxDetailBytes: maxBytes },
    },
    maxSpans,
  );
  return { details: few.rowCount === 0 ? null : few.details, costs: [few.cost] };
};

/** Resources and scopes are told once, however many spans have them. */
const onceEach = (key: string, ...columns: string[]): string =>
  `arraySum(pair -> pair.2, groupUniqArray((${key}, byteSize(${columns.join(', ')}))))`;

const carriedBytes = `sum(${spanBytes})
    + ${onceEach(resourceKey, 'resource_attributes', 'resource_schema_url')}
    + ${onceEach(scopeKey, 'scope_name', 'scope_version', 'scope_attributes', 'scope_schema_url')}`;
