-- How many inserts each table remembers the tokens of (docs/decisions/0015): enough for those of twenty minutes, with
-- eight partitions a topic and a batch a second of each. Facets are filled by two views of two sinks.
ALTER TABLE spans MODIFY SETTING non_replicated_deduplication_window = 10000;
ALTER TABLE traces MODIFY SETTING non_replicated_deduplication_window = 10000;
ALTER TABLE red MODIFY SETTING non_replicated_deduplication_window = 10000;
ALTER TABLE red_rollups MODIFY SETTING non_replicated_deduplication_window = 10000;
ALTER TABLE red_services MODIFY SETTING non_replicated_deduplication_window = 10000;
ALTER TABLE logs MODIFY SETTING non_replicated_deduplication_window = 10000;
ALTER TABLE log_counts MODIFY SETTING non_replicated_deduplication_window = 10000;
ALTER TABLE metric_series MODIFY SETTING non_replicated_deduplication_window = 10000;
ALTER TABLE metric_samples MODIFY SETTING non_replicated_deduplication_window = 10000;
ALTER TABLE metric_distributions MODIFY SETTING non_replicated_deduplication_window = 10000;
ALTER TABLE facets MODIFY SETTING non_replicated_deduplication_window = 40000;
