/**
 * Every event there is: its topic, its key and what its value holds. Declared once, used on the log, on the WebSocket
 * and in the explorer.
 */

export interface TopicDefinition {
  readonly name: string;
  /** delete: old records go by age and size. compact: the newest record of each key stays for ever. */
  readonly cleanup: 'delete' | 'compact';
  readonly retentionHours: number;
  readonly retentionBytes: number;
  readonly partitions: number;
}

const gibibyte = 2 ** 30;

/**
 * Telemetry as received: three days, so that yesterday can always be replayed whole. Value: the request's protobuf, zstd; headers:
 * `otlpHeaders`. No key: order does not matter.
 */
const telemetry = (name: string): TopicDefinition => ({
  name,
  cleanup: 'delete',
  retentionHours: 72,
  retentionBytes: 8 * gibibyte,
  partitions: 8,
});

export const spansTopic = telemetry('otlp.spans');
export const logsTopic = telemetry('otlp.logs');
export const metricsTopic = telemetry('otlp.metrics');

/** What may send. Key: sha256 of the ingest key in hex. Value: JSON `IngestKey`. */
export const ingestKeysTopic: TopicDefinition = {
  name: 'ingest.keys',
  cleanup: 'compact',
  retentionHours: 24,
  retentionBytes: gibibyte,
  partitions: 1,
};

/** A service name was seen by ingest. Key: project. Value: JSON `ServiceSeen`. */
export const servicesSeenTopic: TopicDefinition = {
  name: 'services.seen',
  cleanup: 'delete',
  retentionHours: 24,
  retentionBytes: gibibyte,
  partitions: 8,
};

/** A service got its place in the project. Key: project. Value: JSON `ServiceRegistered`. */
export const servicesRegisteredTopic: TopicDefinition = {
  name: 'services.registered',
  cleanup: 'delete',
  retentionHours: 24 * 7,
  retentionBytes: gibibyte,
  partitions: 8,
};

/**
 * What could not be processed, and what was decided about it. Key: the letter's id. Value: the original value; headers:
 * the original ones and `deadLetterHeaders`. A decision has the header `deadLetterDecisionHeader`, and JSON
 * `DeadLetterDecision`. In one partition, so that whoever reads it anew finds all in the order in which it happened.
 */
export const deadLettersTopic: TopicDefinition = {
  name: 'dead-letters',
  cleanup: 'delete',
  retentionHours: 24 * 14,
  retentionBytes: 2 * gibibyte,
  partitions: 1,
};

/** A dead letter is to be put back. Key: the letter's id. Value: JSON `DeadLetterRetry`. */
export const deadLetterRetriesTopic: TopicDefinition = {
  name: 'dead-letter.retries',
  cleanup: 'delete',
  retentionHours: 24 * 14,
  retentionBytes: gibibyte / 4,
  partitions: 1,
};

/** How each process of the installation is doing, every few seconds. Key: instance. Value: JSON `InstanceReport` (`reports/`). */
export const instanceReportsTopic: TopicDefinition = {
  name: 'instance.reports',
  cleanup: 'delete',
  retentionHours: 1,
  retentionBytes: gibibyte / 4,
  partitions: 1,
};

/** Every topic of the product: adapters create these and no others. */
export const topics: readonly TopicDefinition[] = [
  spansTopic,
  logsTopic,
  metricsTopic,
  ingestKeysTopic,
  servicesSeenTopic,
  servicesRegisteredTopic,
  deadLettersTopic,
  deadLetterRetriesTopic,
  instanceReportsTopic,
];

/** Header names of the three telemetry topics. All values are strings. */
export const otlpHeaders = {
  org: 'org',
  project: 'project',
  /** Unix milliseconds. */
  receivedAt: 'received-at',
  retentionDays: 'retention-days',
  /** Records in the request, after bad ones were taken out. */
  records: 'records',
  /** zstd or identity. */
  encoding: 'encoding',
} as const;

export interface OtlpRequestFacts {
  readonly org: string;
  readonly project: string;
  readonly receivedAtMs: number;
  readonly retentionDays: number;
  /** In the request, after bad ones were taken out. */
  readonly records: number;
}

/** The headers of a request that is stored as zstd. */
export const zstdRequestHeaders = (facts: OtlpRequestFacts): Record<string, string> => ({
  [otlpHeaders.org]: facts.org,
  [otlpHeaders.project]: facts.project,
  [otlpHeaders.receivedAt]: String(facts.receivedAtMs),
  [otlpHeaders.retentionDays]: String(facts.retentionDays),
  [otlpHeaders.records]: String(facts.records),
  [otlpHeaders.encoding]: 'zstd',
});

/** Header names a dead letter has besides those of the record it was. */
export const deadLetterHeaders = {
  processor: 'dead-letter-processor',
  reason: 'dead-letter-reason',
  /** Names the log that the offset is of. */
  log: 'dead-letter-log',
  topic: 'dead-letter-topic',
  partition: 'dead-letter-partition',
  offset: 'dead-letter-offset',
  /** The key of the record it was. */
  key: 'dead-letter-key',
} as const;

/** Header of what was decided about a dead letter: which decision it is. */
export const deadLetterDecisionHeader = 'dead-letter-decision';

/** Header of a record that is put back for one processor alone: all others that read its topic pass over it. */
export const onlyForHeader = 'only-for';

/** Header of a dead letter that was put back: its id. */
export const retryOfHeader = 'retry-of';

/**
 * Header that records written by deciders have: which decision of which record it is. The same record may be appended
 * twice, around a crash; the second has the same id.
 */
export const decisionIdHeader = 'decision-id';

/** Value of `ingestKeysTopic`: what a key may do. */
export interface IngestKey {
  readonly org: string;
  readonly project: string;
  readonly retentionDays: number;
  readonly revoked: boolean;
}

/**
 * Value of a decision about a dead letter. The first two are people's, the next two are what became of an attempt, and
 * the last is of a replay that reads the letter's record again: nothing before it counts.
 */
export type DeadLetterDecision =
  /** `endOffsets`: the ends of the topic's partitions, read before this was appended. */
  | { readonly decision: 'retry'; readonly endOffsets: readonly number[] }
  | { readonly decision: 'discard' }
  | { readonly decision: 'put-back' }
  | { readonly decision: 'not-put-back'; readonly attempt: number; readonly reason: string }
  | { readonly decision: 'replayed' };

/** Value of `deadLetterRetriesTopic`. What the same attempt appended before lies at or beyond `endOffsets`. */
export interface DeadLetterRetry {
  readonly processor: string;
  readonly topic: string;
  readonly letterOffset: number;
  readonly attempt: number;
  readonly endOffsets: readonly number[];
}

/** Value of `servicesSeenTopic`. */
export interface ServiceSeen {
  readonly org: string;
  readonly project: string;
  readonly service: string;
  readonly atMs: number;
}

/** Value of `servicesRegisteredTopic`. `slot` is the colour of the service in the explorer, 0 to 15, or -1 for none. */
export interface ServiceRegistered extends ServiceSeen {
  readonly serviceId: string;
  readonly slot: number;
}
