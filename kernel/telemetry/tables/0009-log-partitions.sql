-- Offsets count each partition of a topic by itself, so the identity of a line needs both. What was stored before came
-- from logs of one partition: 0.
ALTER TABLE logs ADD COLUMN IF NOT EXISTS record_partition UInt16 CODEC(ZSTD(1)) AFTER scope_schema_url;
