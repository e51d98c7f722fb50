/**
 * What is known of the cluster: its brokers, which of them leads a partition, which one coordinates a group. Whoever is
 * told that it asked the wrong one has this looked up again.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type Connection, findCoordinatorV6, metadataV12 } from '@platformatic/kafka';
import type { KafkaConfig } from '../config-stores.ts';
import { type BrokerAddress, openConnections, type Purpose } from './kafka-connections.ts';
import { answerOf, isPassing, isUnanswered, KafkaError, operatorErrorIn, refuse } from './kafka-errors.ts';
import { type KafkaPartition, type KafkaTopic, type KnownTopics, newerOf, topicsIn } from './kafka-metadata.ts';

export interface KafkaCluster {
  /** Brokers that are up now, and topics that are there now, of those asked for. */
  look(topics: readonly string[]): Promise<KnownTopics & { readonly brokers: number }>;
  /** Keeps these topics in view from now on. */
  watch(topics: readonly string[]): Promise<void>;
  /** Looks again at all topics in view; at most ten times a second, whoever asks. */
  refresh(): Promise<void>;
  clusterId(): string;
  /** As it was when it was there last. @throws OperatorError when it cannot be used, KafkaError when it never was there. */
  topic(name: string): KafkaTopic;
  topicById(id: string): KafkaTopic | undefined;
  /** undefined while there is none. */
  leaderOf(partition: KafkaPartition): number | undefined;
  atAny<Answer>(ask: (connection: Connection) => Promise<Answer>): Promise<Answer>;
  atBroker<Answer>(id: number, purpose: Purpose, ask: (connection: Connection) => Promise<Answer>): Promise<Answer>;
  atCoordinator<Answer>(
    group: string,
    ask: (connection: Connection) => Promise<Answer>,
    purpose?: Purpose,
  ): Promise<Answer>;
  close(): Promise<void>;
}

const minRefreshIntervalMs = 100;
/** How old what is known of leaders and partition counts may become when nothing says that it is wrong. */
const maxAgeMs = 15_000;
/** How long a broker that did not answer is asked last. */
const avoidedMs = 5_000;
const groupKey = 0;

export const openCluster = (config: KafkaConfig): KafkaCluster => {
  const connections = openConnections(config, 'syntra');
  const bootstrap = config.brokers.map(parseAddress);
  let brokers = new Map<number, BrokerAddress>();
  let clusterId = '';
  const topics = new Map<string, KafkaTopic>();
  let refused: KnownTopics['refused'] = new Map();
  let inView: readonly string[] = [];
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  let refreshing: Promise<void> | undefined;
  const coordinators = new Map<string, number>();
  const avoidedUntilMs = new Map<string, number>();

  const atAny = async <Answer>(ask: (connection: Connection) => Promise<Answer>): Promise<Answer> => {
    const candidates = byTrust([...brokers.values(), ...bootstrap], avoidedUntilMs);
    let last: unknown;
    for (const broker of candidates) {
      try {
        return await ask(await connections.to(broker, 'metadata'));
      } catch (error) {
        if (!isPassing(error)) throw error;
        avoidedUntilMs.set(keyOf(broker), performance.now() + avoidedMs);
        last = error;
      }
    }
    throw last;
  };

  const look: KafkaCluster['look'] = async (names) => {
    const answer = await atAny((connection) => answerOf(metadataV12.api.async(connection, [...names], false, false)));
    brokers = new Map(answer.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]));
    clusterId = answer.clusterId ?? '';
    return { brokers: answer.brokers.length, ...topicsIn(answer.topics) };
  };

  const refresh = async (): Promise<void> => {
    refreshing ??= (async () => {
      await delay(Math.max(0, lookedAtMs + minRefreshIntervalMs - performance.now()));
      lookedAtMs = performance.now();
      const looked = await look(inView);
      refused = looked.refused;
      // A topic that is not there is kept in mind: what was appended meanwhile waits for it to come back.
      for (const topic of looked.topics) topics.set(topic.name, newerOf(topics.get(topic.name), topic));
    })().finally(() => {
      refreshing = undefined;
    });
    await refreshing;
  };

  const coordinatorOf = async (group: string): Promise<number> => {
    const known = coordinators.get(group);
    if (known !== undefined) return known;
    const answer = await atAny((connection) => answerOf(findCoordinatorV6.api.async(connection, groupKey, [group])));
    const [coordinator] = answer.coordinators;
    refuse(coordinator!.errorCode, `the coordinator of ${group}`);
    brokers.set(coordinator!.nodeId, { host: coordinator!.host, port: coordinator!.port });
    coordinators.set(group, coordinator!.nodeId);
    return coordinator!.nodeId;
  };

  const atBroker: KafkaCluster['atBroker'] = async (id, purpose, ask) => {
    const broker = brokers.get(id);
    if (broker === undefined) throw new KafkaError('BROKER_NOT_AVAILABLE', `broker ${id}`);
    try {
      return await ask(await connections.to(broker, purpose));
    } catch (error) {
      if (isUnanswered(error)) avoidedUntilMs.set(keyOf(broker), performance.now() + avoidedMs);
      throw error;
    }
  };

  return {
    look,
    async watch(names) {
      inView = names;
      await refresh();
    },
    refresh,
    clusterId: () => clusterId,
    topic(name) {
      const refusal = refused.get(name);
      if (refusal !== undefined) throw operatorErrorIn(refusal) ?? refusal;
      const topic = topics.get(name);
      if (topic === undefined) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `the topic ${name}`);
      return topic;
    },
    topicById: (id) => [...topics.values()].find((topic) => topic.id === id),
    leaderOf({ topic, partition }) {
      if (performance.now() - lookedAtMs > maxAgeMs) refresh().catch(() => {});
      const leader = topics.get(topic)?.leaders[partition];
      return leader === undefined || leader < 0 || !brokers.has(leader) ? undefined : leader;
    },
    atAny,
    atBroker,
    async atCoordinator(group, ask, purpose = 'control') {
      try {
        return await atBroker(await coordinatorOf(group), purpose, ask);
      } catch (error) {
        if (isPassing(error)) coordinators.delete(group);
        throw error;
      }
    },
    close: connections.close,
  };
};

/**
 * Asks until there is an answer, while what keeps us from one may pass, and for a limited time.
 * @throws Error at once when the signal aborts.
 */
export const untilAnswered = async <Answer>(
  cluster: KafkaCluster,
  ask: () => Promise<Answer>,
  { timeoutMs = 10_000, signal }: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
): Promise<Answer> => {
  const untilMs = performance.now() + timeoutMs;
  for (let waitMs = 50; ; waitMs = Math.min(1000, 2 * waitMs)) {
    try {
      return await orAbort(ask(), signal);
    } catch (error) {
      if (!isPassing(error) || performance.now() + waitMs > untilMs) throw error;
      await orAbort(
        delay(waitMs).then(() => cluster.refresh().catch(() => {})),
        signal,
      );
    }
  }
};

const orAbort = async <Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> => {
  if (signal === undefined) return work;
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
};

/** Each once, in any order, those that did not answer of late at the end. */
const byTrust = (brokers: readonly BrokerAddress[], avoidedUntilMs: ReadonlyMap<string, number>): BrokerAddress[] => {
  const once = new Map(brokers.map((broker) => [keyOf(broker), { broker, chance: Math.random() }]));
  const avoided = (key: string): number => ((avoidedUntilMs.get(key) ?? 0) > performance.now() ? 1 : 0);
  return [...once]
    .toSorted(([a, x], [b, y]) => avoided(a) - avoided(b) || x.chance - y.chance)
    .map(([, { broker }]) => broker);
};

const keyOf = ({ host, port }: BrokerAddress): string => `${host}:${port}`;

const parseAddress = (address: string): BrokerAddress => {
  const { hostname, port } = new URL(`kafka://${address}`);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 9092 : Number(port) };
};
