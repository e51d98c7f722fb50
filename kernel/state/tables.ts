/** The state tables as drizzle sees them. `migrations/*.sql` makes them and says what they are for; a test compares. */
import { bigint, customType, integer, json, pgTable, primaryKey, smallint, text, timestamp } from './drizzle.ts';

const bytea = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => 'bytea' });
const time = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });

export const organisations = pgTable('organisations', {
  orgId: text('org_id').primaryKey(),
  name: text('name').notNull(),
  createdAt: time('created_at').notNull().defaultNow(),
});

export const projects = pgTable('projects', {
  projectId: text('project_id').primaryKey(),
  orgId: text('org_id').notNull(),
  name: text('name').notNull(),
  retentionDays: integer('retention_days').notNull(),
  createdAt: time('created_at').notNull().defaultNow(),
});

export const ingestKeys = pgTable('ingest_keys', {
  keyHash: text('key_hash').primaryKey(),
  orgId: text('org_id').notNull(),
  projectId: text('project_id').notNull(),
  name: text('name').notNull(),
  hint: text('hint').notNull(),
  createdAt: time('created_at').notNull().defaultNow(),
  revokedAt: time('revoked_at'),
});

export const services = pgTable('services', {
  serviceId: text('service_id').primaryKey(),
  orgId: text('org_id').notNull(),
  projectId: text('project_id').notNull(),
  name: text('name').notNull(),
  slot: smallint('slot').notNull(),
  firstSeenAt: time('first_seen_at').notNull(),
});

export const processorOffsets = pgTable(
  'processor_offsets',
  {
    processor: text('processor').notNull(),
    topic: text('topic').notNull(),
    partition: integer('partition').notNull(),
    nextOffset: bigint('next_offset', { mode: 'number' }).notNull(),
    logId: text('log_id').notNull().default(''),
  },
  (table) => [primaryKey({ columns: [table.processor, table.topic, table.partition] })],
);

export const processorMarks = pgTable(
  'processor_marks',
  {
    processor: text('processor').notNull(),
    topic: text('topic').notNull(),
    partition: integer('partition').notNull(),
    source: text('source').notNull(),
    lastOffset: bigint('last_offset', { mode: 'number' }).notNull(),
    lastIndex: integer('last_index').notNull(),
  },
  (table) => [primaryKey({ columns: [table.processor, table.topic, table.partition, table.source] })],
);

export const processorOutbox = pgTable('processor_outbox', {
  id: bigint('id', { mode: 'number' }).generatedAlwaysAsIdentity().primaryKey(),
  processor: text('processor').notNull(),
  sourceTopic: text('source_topic').notNull(),
  sourcePartition: integer('source_partition').notNull(),
  topic: text('topic').notNull(),
  key: text('key').notNull(),
  headers: json('headers').$type<Readonly<Record<string, string>>>().notNull(),
  value: bytea('value').notNull(),
});

export const deadLetters = pgTable('dead_letters', {
  letterId: text('letter_id').primaryKey(),
  orgId: text('org_id').notNull(),
  projectId: text('project_id').notNull(),
  processor: text('processor').notNull(),
  reason: text('reason').notNull(),
  topic: text('topic').notNull(),
  recordPartition: integer('record_partition').notNull(),
  recordOffset: bigint('record_offset', { mode: 'number' }).notNull(),
  setAsideAt: time('set_aside_at').notNull(),
  sizeBytes: bigint('size_bytes', { mode: 'number' }).notNull(),
  records: bigint('records', { mode: 'number' }),
  status: text('status', { enum: ['open', 'retrying', 'retried', 'discarded'] }).notNull(),
  decidedAt: time('decided_at'),
  retryOf: text('retry_of'),
  letterOffset: bigint('letter_offset', { mode: 'number' }).notNull(),
  attempts: integer('attempts').notNull(),
  endOffsets: json('end_offsets').$type<readonly number[]>(),
  failure: text('failure'),
});
