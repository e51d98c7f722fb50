-- State of file-dead-letters, which alone writes it: what could not be processed, and what was decided about it. The
-- headers and bytes stay on the log.
create table dead_letters (
  letter_id text primary key,
  org_id text not null,
  project_id text not null,
  processor text not null,
  reason text not null,
  -- Where it was read.
  topic text not null,
  record_partition integer not null,
  record_offset bigint not null,
  set_aside_at timestamptz not null,
  -- Of the value, as it is on the log.
  size_bytes bigint not null,
  -- Spans, log records or points in it; null where it is no telemetry.
  records bigint,
  status text not null check (status in ('open', 'retrying', 'retried', 'discarded')),
  decided_at timestamptz,
  -- The letter that it was before it was put back and failed again.
  retry_of text,
  -- Its offset in dead-letters, which has one partition.
  letter_offset bigint not null,
  -- How often somebody asked for it to be put back, but for those who asked while it was on its way.
  attempts integer not null,
  -- The ends of the topic's partitions when this was asked last: what the attempt appended lies beyond them.
  end_offsets json,
  -- Why the last attempt did not put it back.
  failure text
);

create index dead_letters_of_project on dead_letters (org_id, project_id, set_aside_at desc, letter_id desc);
create index dead_letters_open on dead_letters (org_id, project_id, processor) where status = 'open';
create index dead_letters_by_age on dead_letters (set_aside_at);
