/** The topics of the product in a Kafka cluster: those that are missing are created, those that are there are used as they are. */
import { setTimeout as delay } from 'node:timers/promises';
import { apiVersionsV3, ConfigResourceTypes, createTopicsV7, describeConfigsV4 } from '@platformatic/kafka';
import type { KafkaConfig } from '../config-stores.ts';
import { OperatorError } from '../operator-error.ts';
import type { TopicDefinition } from '../topics.ts';
import type { KafkaCluster } from './kafka-cluster.ts';
import {
  answerOf,
  describeError,
  errorName,
  isPassing,
  isPassingName,
  KafkaError,
  operatorErrorIn,
  refuse,
} from './kafka-errors.ts';

/** The largest record: a request of 64 MiB that zstd could not make smaller, and its headers. */
export const maxRecordBytes = 66 * 2 ** 20;

/**
 * Resolves when every topic is there and takes records.
 * @throws OperatorError when the cluster refuses us, or could not be reached or used for `timeoutMs`.
 */
export const prepareTopics = async (
  cluster: KafkaCluster,
  config: KafkaConfig,
  topics: readonly TopicDefinition[],
  timeoutMs: number,
): Promise<void> => {
  const untilMs = performance.now() + timeoutMs;
  for (let waitMs = 100; ; waitMs = Math.min(2000, 2 * waitMs)) {
    try {
      await requireNewProtocol(cluster);
      await createMissing(cluster, config, topics);
      return await requireUsable(cluster, config, topics);
    } catch (error) {
      const operatorError = operatorErrorIn(error);
      if (operatorError !== undefined) throw operatorError;
      if (!isPassing(error) && !isWaitingForBrokers(error)) throw error;
      if (performance.now() + waitMs > untilMs) throw unreachable(config, timeoutMs, error);
      await delay(waitMs);
    }
  }
};

/** A broker may refuse copies only because the others have not started yet. */
const isWaitingForBrokers = (error: unknown): boolean =>
  error instanceof KafkaError && error.code === 'INVALID_REPLICATION_FACTOR';

const unreachable = ({ brokers }: KafkaConfig, timeoutMs: number, error: unknown): OperatorError =>
  new OperatorError(
    isWaitingForBrokers(error)
      ? 'Kafka has fewer brokers than each topic should have copies: start them all, or set SYNTRA_KAFKA_REPLICAS.'
      : `Kafka at ${brokers.join(', ')} could not be used for ${Math.round(timeoutMs / 1000)} seconds (${describeError(error)}): start it, or check SYNTRA_KAFKA_BROKERS, SYNTRA_KAFKA_TLS and SYNTRA_KAFKA_USERNAME.`,
    { cause: error },
  );

/** Requests of the consumer groups of KIP-848, which came with Kafka 4.0: how partitions move without stopping those that stay. */
const consumerGroupHeartbeatKey = 68;

const requireNewProtocol = async (cluster: KafkaCluster): Promise<void> => {
  const { apiKeys } = await cluster.atAny((connection) => apiVersionsV3.api.async(connection, 'syntra', '1'));
  const heartbeat = apiKeys.find(({ apiKey }) => apiKey === consumerGroupHeartbeatKey);
  if (heartbeat === undefined || heartbeat.maxVersion < 1)
    throw new KafkaError('UNSUPPORTED_VERSION', 'consumer groups');
};

const createMissing = async (
  cluster: KafkaCluster,
  config: KafkaConfig,
  topics: readonly TopicDefinition[],
): Promise<void> => {
  const names = topics.map(({ name }) => config.prefix + name);
  const before = await cluster.look(names);
  for (const refusal of before.refused.values()) throw refusal;
  const there = new Set(before.topics.map(({ name }) => name));
  const missing = topics.filter(({ name }) => !there.has(config.prefix + name));
  if (missing.length > 0) {
    // Not those that are up alone: the first process of an installation may meet the first broker of three.
    const replicas = config.replicas ?? Math.min(3, Math.max(before.brokers, config.brokers.length));
    await createTopics(
      cluster,
      missing.map((topic) => requestFor(topic, config.prefix, replicas)),
    );
  }
  await cluster.watch(names);
  for (const name of names) {
    if (cluster.topic(name).leaders.every((leader) => leader < 0)) throw new KafkaError('LEADER_NOT_AVAILABLE', name);
  }
};

/**
 * What a topic must be, whoever made it: order over all of its records takes one partition, and what is deleted by age
 * or by key must be what nobody needs any more.
 */
const requireUsable = async (
  cluster: KafkaCluster,
  { prefix }: KafkaConfig,
  topics: readonly TopicDefinition[],
): Promise<void> => {
  const policies = await cleanupPolicies(
    cluster,
    topics.map(({ name }) => prefix + name),
  );
  for (const { name, partitions, cleanup } of topics) {
    const count = cluster.topic(prefix + name).leaders.length;
    if (partitions === 1 && count > 1) {
      throw new OperatorError(
        `The topic ${prefix}${name} has ${count} partitions and must have one: delete it, and it is created anew at the next start.`,
      );
    }
    const policy = policies.get(prefix + name) ?? cleanup;
    if (policy !== cleanup) {
      throw new OperatorError(
        `The topic ${prefix}${name} has cleanup.policy ${policy}: set it to ${cleanup}, or records are deleted that are still needed.`,
      );
    }
  }
};

/** Without those of topics whose settings we may not see: it is no right that we need for anything else. */
const cleanupPolicies = async (cluster: KafkaCluster, names: readonly string[]): Promise<Map<string, string>> => {
  const asked = names.map((resourceName) => ({
    resourceType: ConfigResourceTypes.TOPIC,
    resourceName,
    configurationKeys: ['cleanup.policy'],
  }));
  const { results } = await cluster.atAny((connection) =>
    answerOf(describeConfigsV4.api.async(connection, asked, false, false)),
  );
  return new Map(
    results.flatMap(({ errorCode, resourceName, configs }) => {
      if (errorName(errorCode) === 'TOPIC_AUTHORIZATION_FAILED') return [];
      refuse(errorCode, `the settings of ${resourceName}`);
      return configs.flatMap(({ value }) => (value ? [[resourceName, value] as const] : []));
    }),
  );
};

type TopicRequest = Parameters<typeof createTopicsV7.createRequest>[0][number];

const createTopics = async (cluster: KafkaCluster, requests: TopicRequest[]): Promise<void> => {
  const answer = await cluster.atAny((connection) =>
    answerOf(createTopicsV7.api.async(connection, requests, 10_000, false)),
  );
  for (const { name, errorCode, errorMessage } of answer.topics) {
    const error = errorName(errorCode);
    // Another process was faster.
    if (errorCode === 0 || error === 'TOPIC_ALREADY_EXISTS') continue;
    const known = new KafkaError(error, `the topic ${name}`);
    if (isPassingName(error) || isWaitingForBrokers(known) || operatorErrorIn(known)) throw known;
    throw new OperatorError(
      `Kafka refuses to create the topic ${name}, so create it yourself: ${errorMessage ?? error}`,
    );
  }
};

const requestFor = (topic: TopicDefinition, prefix: string, replicas: number): TopicRequest => ({
  name: prefix + topic.name,
  numPartitions: topic.partitions,
  replicationFactor: replicas,
  assignments: [],
  configs: Object.entries(settingsFor(topic, replicas)).map(([name, value]) => ({ name, value: String(value) })),
});

const hourMs = 3_600_000;
const minSegmentMs = 10 * 60_000;

/** https://kafka.apache.org/documentation/#topicconfigs. Sizes are per partition, as Kafka has it. */
const settingsFor = (topic: TopicDefinition, replicas: number): Record<string, string | number | boolean> => {
  const retentionMs = topic.retentionHours * hourMs;
  return {
    'cleanup.policy': topic.cleanup,
    ...(topic.cleanup === 'delete' && {
      'retention.ms': retentionMs,
      'retention.bytes': topic.retentionBytes,
      // Only whole segments are deleted: of each topic at most an eighth more than it should keep.
      'segment.ms': Math.max(minSegmentMs, Math.round(retentionMs / 8)),
    }),
    'max.message.bytes': maxRecordBytes,
    // One copy may be away without appends being refused, and what was acknowledged is on all the others.
    'min.insync.replicas': Math.max(1, replicas - 1),
    'unclean.leader.election.enable': false,
    'message.timestamp.type': 'LogAppendTime',
    'compression.type': 'producer',
  };
};
