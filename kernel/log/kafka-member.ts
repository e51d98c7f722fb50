/**
 * A member of a consumer group: joins, learns which partitions it is given and which are taken away, and joins again
 * after whatever happened. Partitions that stay are not interrupted when others move.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { KafkaCluster } from './kafka-cluster.ts';
import { describeError, isPassing, operatorErrorIn } from './kafka-errors.ts';
import { heartbeat, isFenced, joiningEpoch, leavingEpoch, type TopicPartitions } from './kafka-heartbeat.ts';
import type { KafkaPlace } from './kafka-metadata.ts';
import type { Committer } from './kafka-offsets.ts';

/** A partition that this member was given. */
export interface Holding {
  readonly place: KafkaPlace;
  /** Aborts when it is to be let go of. */
  readonly signal: AbortSignal;
  /**
   * As whom to commit: as who we were when the partition was given to us, which from Kafka 4.3 on (KIP-1251) is refused
   * once it is another's. undefined once it is no longer ours.
   */
  committer(): Committer | undefined;
  /** Ends this membership: the member comes back as a new one, and what the old one has sent is refused from then on. */
  abandon(): void;
  /** Asks the coordinator who we are now, and if the partition is still ours, commits are by that one from then on. */
  renew(): Promise<void>;
}

export interface MemberOptions {
  readonly group: string;
  readonly topics: readonly string[];
  /** Called for every partition that is given; returns soon after its signal aborts. */
  readonly hold: (holding: Holding) => Promise<void>;
  readonly onTrouble: (error: Error) => void;
}

export interface Member {
  /** Resolves when the member has joined. @throws OperatorError when the cluster does not let it. */
  readonly joined: Promise<void>;
  leave(): Promise<void>;
}

/** How long `hold` may take to return; less than the coordinator waits for it. */
const releaseTimeoutMs = 30_000;
const maxIntervalMs = 3_000;
/** While partitions move between members, each step waits for a heartbeat. */
const movingIntervalMs = 300;
const movingMs = 15_000;
const leaveTimeoutMs = 3_000;
const renewTimeoutMs = 1_000;
/** How long the coordinator may be away before somebody is told: it moves when its broker goes. */
const patienceMs = 10_000;

interface Held {
  readonly place: KafkaPlace;
  readonly abort: AbortController;
  readonly done: Promise<void>;
  ours: boolean;
  epoch: number;
  /** Once it is being let go of. */
  released: Promise<void> | undefined;
}

export const createMember = (cluster: KafkaCluster, options: MemberOptions): Member => {
  const { group, topics, hold, onTrouble } = options;
  const held = new Map<string, Held>();
  let target: readonly KafkaPlace[] = [];
  let self = { memberId: randomUUID() as string, epoch: joiningEpoch };
  let isAbandoned = false;
  /** Whom we were before, who has to leave before we can have what was held. */
  const abandoned = new Set<string>();
  let movingUntilMs = performance.now() + movingMs;
  let leaving = false;
  const joined = Promise.withResolvers<void>();
  let poked = Promise.withResolvers<void>();
  let answered = Promise.withResolvers<void>();

  const start = (place: KafkaPlace): void => {
    const abort = new AbortController();
    const holding: Holding = {
      place,
      signal: abort.signal,
      committer: () => (entry.ours ? { memberId: self.memberId, epoch: entry.epoch } : undefined),
      abandon() {
        if (!entry.ours) return;
        isAbandoned = true;
        disown();
        poked.resolve();
      },
      async renew() {
        poked.resolve();
        await waitOr(answered.promise, renewTimeoutMs);
        if (entry.ours) entry.epoch = self.epoch;
      },
    };
    const done = Promise.resolve()
      .then(() => hold(holding))
      .catch((error: unknown) => {
        // Reads are broken off when the partition is to be let go of.
        if (abort.signal.aborted) return;
        onTrouble(new Error(`${group} stopped reading ${place.topic}: ${describeError(error)}`, { cause: error }));
      });
    const entry: Held = { place, abort, done, ours: true, released: undefined, epoch: self.epoch };
    held.set(keyOf(place), entry);
  };

  const release = async (entry: Held): Promise<void> => {
    entry.abort.abort();
    const late = new AbortController();
    await Promise.race([entry.done, delay(releaseTimeoutMs, undefined, { signal: late.signal }).catch(() => {})]);
    late.abort();
    entry.ours = false;
    held.delete(keyOf(entry.place));
    movingUntilMs = performance.now() + movingMs;
    reconcile();
    poked.resolve();
  };

  /** Lets go of what is no longer to be held, and takes what is. */
  const reconcile = (): void => {
    const wanted = new Map(leaving ? [] : target.map((place) => [keyOf(place), place]));
    for (const [key, entry] of held) if (!wanted.has(key)) entry.released ??= release(entry);
    for (const [key, place] of wanted) if (!held.has(key)) start(place);
  };

  /** Nothing that is held is ours any more. */
  const disown = (): void => {
    target = [];
    for (const entry of held.values()) entry.ours = false;
    reconcile();
  };

  /** Begins anew when nobody acts on what was held before. */
  const startAnew = async (): Promise<void> => {
    abandoned.add(self.memberId);
    // A new name: what is still on its way from the one before must not count as ours.
    self = { memberId: randomUUID(), epoch: joiningEpoch };
    disown();
    await Promise.all([...held.values()].map(({ released }) => released));
    isAbandoned = false;
  };

  const leaveAs = (memberId: string): Promise<void> =>
    heartbeat(cluster, { group, memberId, topics }, leavingEpoch, []).then(
      () => void abandoned.delete(memberId),
      (error: unknown) => {
        if (!isFenced(error)) throw error;
        abandoned.delete(memberId);
      },
    );

  const placesOf = async (assigned: readonly TopicPartitions[]): Promise<KafkaPlace[]> => {
    const isKnown = ({ topicId, partitions }: TopicPartitions): boolean =>
      Math.max(...partitions) < (cluster.topicById(topicId)?.leaders.length ?? 0);
    if (!assigned.every(isKnown)) await cluster.refresh();
    return assigned.flatMap(({ topicId, partitions }) => {
      const topic = cluster.topicById(topicId)?.name;
      return topic === undefined ? [] : partitions.map((partition) => ({ topic, topicId, partition }));
    });
  };

  const beat = async (): Promise<number> => {
    if (isAbandoned) await startAnew();
    for (const memberId of abandoned) await leaveAs(memberId);
    const asked = self;
    const owned = [...Map.groupBy(held.values(), ({ place }) => place.topicId)].map(([topicId, of]) => ({
      topicId,
      partitions: of.map(({ place }) => place.partition),
    }));
    const answer = await heartbeat(cluster, { group, memberId: asked.memberId, topics }, asked.epoch, owned);
    const assigned = answer.assigned && (await placesOf(answer.assigned));
    if (isAbandoned) return 0;
    asked.epoch = answer.epoch;
    // It is told in every answer, since we tell all there is to tell in every request.
    if (assigned !== undefined && !isSame(assigned, target)) {
      target = assigned;
      movingUntilMs = performance.now() + movingMs;
    }
    reconcile();
    answered.resolve();
    answered = Promise.withResolvers();
    joined.resolve();
    return Math.min(answer.intervalMs, movingUntilMs > performance.now() ? movingIntervalMs : maxIntervalMs);
  };

  const run = async (): Promise<void> => {
    let failures = 0;
    let failingSinceMs = Number.POSITIVE_INFINITY;
    let told = false;
    while (!leaving || held.size > 0) {
      poked = Promise.withResolvers();
      let waitMs: number;
      try {
        waitMs = await beat();
        failures = 0;
        failingSinceMs = Number.POSITIVE_INFINITY;
        told = false;
      } catch (error) {
        failures++;
        failingSinceMs = Math.min(failingSinceMs, performance.now());
        const operatorError = operatorErrorIn(error);
        if (!told && (operatorError !== undefined || performance.now() - failingSinceMs > patienceMs)) {
          told = true;
          onTrouble(new Error(`${group} cannot reach its coordinator: ${describeError(error)}`, { cause: error }));
        }
        if (operatorError !== undefined) joined.reject(operatorError);
        if (isFenced(error)) await startAnew();
        else if (isPassing(error)) await cluster.refresh().catch(() => {});
        waitMs = Math.min(5_000, 100 * 2 ** failures);
      }
      await waitOr(poked.promise, waitMs);
    }
  };
  const running = run();
  joined.promise.catch(() => {});

  return {
    joined: joined.promise,
    async leave() {
      if (leaving) return running;
      leaving = true;
      reconcile();
      poked.resolve();
      await running;
      joined.reject(new Error(`${group} was left before it was joined.`));
      const left = Promise.allSettled([self.memberId, ...abandoned].map(leaveAs)).then(() => {});
      await waitOr(left, leaveTimeoutMs);
    },
  };
};

const waitOr = async (event: Promise<void>, timeoutMs: number): Promise<void> => {
  const over = new AbortController();
  await Promise.race([event, delay(timeoutMs, undefined, { signal: over.signal }).catch(() => {})]);
  over.abort();
};

const isSame = (some: readonly KafkaPlace[], others: readonly KafkaPlace[]): boolean =>
  some.length === others.length && new Set([...some, ...others].map(keyOf)).size === some.length;

const keyOf = ({ topicId, partition }: KafkaPlace): string => `${topicId}/${partition}`;
