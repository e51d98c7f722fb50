/**
 * Reads one partition from its leader. What a fetch brought beyond what was asked for is kept for the next read, which
 * most often goes on from there.
 */
import { type KafkaCluster, untilAnswered } from './kafka-cluster.ts';
import type { PartitionEnds } from './kafka-ends.ts';
import { KafkaError } from './kafka-errors.ts';
import { type Fetched, fetchOnce } from './kafka-fetch.ts';
import type { KafkaPlace } from './kafka-metadata.ts';
import { extentsOf } from './kafka-offsets.ts';
import { decodeBatches } from './kafka-records.ts';
import type { Extent, LogRecord, ReadLimits } from './log.ts';

export interface KafkaReader {
  readonly place: KafkaPlace;
  extent(): Promise<Extent>;
  /** As it was a few seconds ago, unless there is reason to look: no place of a group is known, or one beyond the end. */
  extentAround(committed: number | undefined): Promise<Extent>;
  /**
   * Records from `offset` on, and where to go on after them: where nothing is left up to there, it was deleted.
   * @throws Error when the cluster does not answer for a while, or the signal aborts meanwhile.
   */
  read(offset: number, limits: ReadLimits): Promise<{ readonly records: LogRecord[]; readonly nextOffset: number }>;
  waitFor(offset: number, timeoutMs: number, signals: readonly AbortSignal[]): Promise<void>;
}

/** Fetched and not given out yet; `nextOffset` is where it goes on. */
interface Stock {
  nextOffset: number;
  records: LogRecord[];
  readonly batches: Iterator<{ readonly nextOffset: number; readonly records: LogRecord[] }>;
}

/** How long the start of the log is taken to be where it was: it moves by retention alone. */
const extentMaxAgeMs = 10_000;
const minFetchBytes = 2 ** 20;
const maxFetchBytes = 16 * 2 ** 20;

export const createReader = (
  cluster: KafkaCluster,
  ends: PartitionEnds,
  place: KafkaPlace,
  signal?: AbortSignal,
): KafkaReader => {
  let kept: Stock | undefined;
  /** Offsets in which there is nothing, although the end is beyond them. */
  let barren: Extent = { startOffset: -1, endOffset: -1 };
  let looked: { readonly extent: Extent; readonly atMs: number } | undefined;

  const extent = async (): Promise<Extent> => {
    const [extent] = await extentsOf(cluster, [place]);
    looked = { extent: extent!, atMs: performance.now() };
    ends.heard(place, extent!.endOffset);
    return extent!;
  };

  const fetchStock = async (offset: number, wantedBytes: number): Promise<Stock | undefined> => {
    const maxBytes = Math.min(maxFetchBytes, Math.max(minFetchBytes, wantedBytes));
    const fetched = await untilAnswered(
      cluster,
      async () => {
        const leader = cluster.leaderOf(place);
        if (leader === undefined) throw new KafkaError('LEADER_NOT_AVAILABLE', place.topic);
        const [fetched] = await cluster.atBroker(leader, 'fetch', (connection) =>
          fetchOnce(connection, 0, [{ ...place, offset, maxBytes }]),
        );
        // Whoever waits for a topic to come back need not wait for one that has another in its place.
        if (cluster.topic(place.topic).id !== place.topicId) throw new Error(`${place.topic} was created again.`);
        if (fetched!.error === 'NONE' || fetched!.error === 'OFFSET_OUT_OF_RANGE') return fetched!;
        throw new KafkaError(fetched!.error, place.topic);
      },
      signal && { signal },
    );
    if (fetched.error === 'OFFSET_OUT_OF_RANGE') return undefined;
    ends.heard(place, fetched.endOffset);
    return stockOf(fetched, offset);
  };

  return {
    place,
    extent,
    async extentAround(committed) {
      const isFresh = looked !== undefined && performance.now() - looked.atMs <= extentMaxAgeMs;
      const isWithin = committed !== undefined && committed <= (looked?.extent.endOffset ?? -1);
      return isFresh && isWithin ? looked!.extent : extent();
    },
    async read(offset, { maxRecords, maxBytes }) {
      const records: LogRecord[] = [];
      let bytes = 0;
      let at = offset;
      let fetchedAt = -1;
      let stock = kept;
      kept = undefined;
      const isFull = (next: LogRecord): boolean =>
        records.length > 0 && (records.length >= maxRecords || bytes + next.value.byteLength > maxBytes);
      if (stock?.nextOffset !== at) stock = undefined;
      while (records.length === 0 || (records.length < maxRecords && bytes < maxBytes)) {
        if (stock === undefined) {
          fetchedAt = at;
          stock = await fetchStock(at, maxBytes - bytes);
        }
        if (stock === undefined) {
          const { startOffset } = await extent();
          if (at >= startOffset) break;
          at = startOffset;
          continue;
        }
        const record = nextOf(stock);
        if (record !== undefined) {
          if (isFull(record)) break;
          stock.records.pop();
          records.push(record);
          bytes += record.value.byteLength;
          at = record.offset + 1;
          stock.nextOffset = at;
          continue;
        }
        at = Math.max(at, stock.nextOffset);
        stock = undefined;
        if (at === fetchedAt || at >= (ends.endOf(place) ?? 0)) break;
      }
      if (records.length === 0 && at > offset) barren = { startOffset: offset, endOffset: at };
      kept = stock;
      return { records, nextOffset: at };
    },
    waitFor(offset, timeoutMs, signals) {
      const from = offset >= barren.startOffset && offset < barren.endOffset ? barren.endOffset : offset;
      if (kept?.nextOffset === from && nextOf(kept)) return Promise.resolve();
      return ends.waitFor(place, from, timeoutMs, signals, (fetched) => {
        kept = stockOf(fetched, from);
      });
    },
  };
};

const stockOf = ({ records }: Fetched, offset: number): Stock => ({
  nextOffset: offset,
  records: [],
  batches: decodeBatches(records),
});

/** The next record, which is the last of `records`; `undefined` when there is none left, and `nextOffset` is behind them. */
const nextOf = (stock: Stock): LogRecord | undefined => {
  while (stock.records.length === 0) {
    const { value: batch, done } = stock.batches.next();
    if (done) return undefined;
    // A batch is sent whole, also when the offset asked for is in the middle of it.
    stock.records = batch.records.filter(({ offset }) => offset >= stock.nextOffset).reverse();
    if (stock.records.length === 0) stock.nextOffset = Math.max(stock.nextOffset, batch.nextOffset);
  }
  return stock.records.at(-1);
};
