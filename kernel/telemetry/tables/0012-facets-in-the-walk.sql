-- Facets are counted on the way into a block and inserted behind it (docs/decisions/0020): views no longer do it.
DROP VIEW IF EXISTS facets_from_spans;
DROP VIEW IF EXISTS resource_facets_from_spans;
DROP VIEW IF EXISTS facets_from_logs;
DROP VIEW IF EXISTS resource_facets_from_logs;

-- Of the rows with value '', those that have a value all the same, which is not listed: too long, or one of too many.
ALTER TABLE facets ADD COLUMN IF NOT EXISTS unlisted SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1));

-- One insert for each of spans and logs: two sinks, eight partitions each, a batch a second, twenty minutes.
ALTER TABLE facets MODIFY SETTING non_replicated_deduplication_window = 20000;
