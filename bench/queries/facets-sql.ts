/**
 * Facets of rows that were made by SQL. Those of ingest are counted on their way into a block (docs/decisions/0020), which
 * rows like these never are. What is listed is what `kernel/otlp/facets/` lists, had a piece of the day been one block.
 */
import { facetLimits } from '../../kernel/otlp/facets/facet-limits.ts';
import type { Dataset } from './dataset.ts';
import { isWithin, type Piece } from './pieces.ts';

const timeOf = { spans: 'start_time', logs: 'time' } as const;
type Signal = keyof typeof timeOf;

/** To be inserted once for each piece: `facets` adds up what it is given. */
export const insertFacets = (signal: Signal, dataset: Dataset, piece: Piece): string =>
  facetsOf(signal, `org = 'org_default' AND project = 'prj_default' AND ${isWithin(timeOf[signal], dataset, piece)}`);

/** Of the rows that meet the condition. */
export const facetsOf = (signal: Signal, where: string): string => `
INSERT INTO facets (org, project, signal, hour, scope, key, value, received_day, retention_days, rows, unlisted)
SELECT org, project, '${signal}', hour, scope, key, if(is_listed, listable, '') AS value, received_day,
  max(days) AS retention_days, sum(n), sum(if(is_listed, n_too_long, n))
FROM (
  SELECT *, sumIf(n, listable != '') OVER of_key AS n_listable, countIf(listable != '') OVER of_key AS distinct_values,
    listable = '' OR (distinct_values <= ${facetLimits.valuesOfKey} AND distinct_values <= 16 + n_listable / 8) AS is_listed
  FROM (
    SELECT org, project, hour, scope, key, if(length(item_value) <= ${facetLimits.valueBytes}, item_value, '') AS listable,
      received_day, max(retention_days) AS days, sum(n_alike) AS n, sumIf(n_alike, length(item_value) > ${facetLimits.valueBytes}) AS n_too_long
    FROM (${itemsOfRecords(signal, where)} UNION ALL ${itemsOfResources(signal, where)})
    GROUP BY org, project, hour, scope, key, listable, received_day
  )
  WINDOW of_key AS (PARTITION BY org, project, hour, scope, key, received_day)
)
GROUP BY org, project, hour, scope, key, value, received_day`;

const itemsOfRecords = (signal: Signal, where: string): string => `
  SELECT org, project, toStartOfHour(${timeOf[signal]}) AS hour, 'record' AS scope, toString(item.1) AS key, item.2 AS item_value,
    toDate(received_at) AS received_day, retention_days, 1 AS n_alike
  FROM ${signal} ARRAY JOIN CAST(attributes, 'Array(Tuple(LowCardinality(String), String))') AS item WHERE ${where}`;

/** Those of each resource once, with how many rows are of it. */
const itemsOfResources = (signal: Signal, where: string): string => `
  SELECT org, project, hour, 'resource' AS scope, toString(item.1) AS key, toString(item.2) AS item_value, received_day,
    days AS retention_days, n_alike
  FROM (
    SELECT org, project, toStartOfHour(${timeOf[signal]}) AS hour, resource_attributes AS resource,
      toDate(received_at) AS received_day, max(retention_days) AS days, count() AS n_alike
    FROM ${signal} WHERE ${where} GROUP BY org, project, hour, resource, received_day
  )
  ARRAY JOIN CAST(resource, 'Array(Tuple(String, String))') AS item`;
