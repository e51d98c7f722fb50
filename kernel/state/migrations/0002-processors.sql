-- What deciders keep besides their state, all three in one transaction. Not a tenant's: no org_id.
create table processor_offsets (
  processor text not null,
  topic text not null,
  partition integer not null,
  next_offset bigint not null,
  primary key (processor, topic, partition)
);

-- Records decided on but perhaps not yet on the log; gone once they are.
create table processor_outbox (
  id bigint generated always as identity primary key,
  processor text not null,
  -- The partition that was read when this was decided: whoever holds it appends what is left.
  source_topic text not null,
  source_partition integer not null,
  topic text not null,
  key text not null,
  -- json, not jsonb: a header may hold a zero byte.
  headers json not null,
  value bytea not null
);

create index processor_outbox_of_partition on processor_outbox (processor, source_topic, source_partition, id);
