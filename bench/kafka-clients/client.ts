/** What the benchmark asks of each client library, so that all of them do the same work. */
export interface BenchRecord {
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Buffer;
}

export type Compression = 'none' | 'zstd';

export interface BenchClient {
  /** All of them to one partition with acks=all, as one request. */
  append(topic: string, partition: number, records: readonly BenchRecord[]): Promise<void>;
  /** Reads `partitions` from their start until it has seen `records`, with places of its own. Bytes of values. */
  readAll(topic: string, partitions: number, records: number): Promise<number>;
  close(): Promise<void>;
}

export const fetchBytes = 8 * 2 ** 20;
