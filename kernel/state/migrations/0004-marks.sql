-- Which log a place is in: one that was replaced has offsets from the start again. Empty: noted by an earlier Syntra.
alter table processor_offsets add column log_id text not null default '';

-- The last decision of each other processor that a decider took into account. A decision may be on the log twice,
-- around a crash; what is at or below the mark of its source came before.
create table processor_marks (
  processor text not null,
  topic text not null,
  partition integer not null,
  -- Whose decisions, on what: processor/log/topic/partition.
  source text not null,
  last_offset bigint not null,
  last_index integer not null,
  primary key (processor, topic, partition, source)
);
