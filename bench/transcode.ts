/**
 * What one core makes of the log: `node bench/transcode.ts [spans] [logs] [metrics] [--record]`. The hop is the sink's own code, from the values of a
 * batch as ingest has stored them (zstd) to the bytes of the inserts, facets among them, as the store is handed them. Its
 * parts, each by itself, stand beside it. Time is CPU time of all threads, so that a busy machine does not blur it; each
 * figure is the median of several rounds, in which hop and parts take turns.
 */
import { compress } from '../ingest/compress.ts';
import { freeBytes } from '../kernel/free-bytes.ts';
import type { LogRecord } from '../kernel/log/log.ts';
import { logsTranscoder } from '../kernel/otlp/rows/logs-rows.ts';
import { metricsTranscoder } from '../kernel/otlp/rows/metrics-rows.ts';
import type { Transcoder } from '../kernel/otlp/rows/rows-block.ts';
import { spansTranscoder } from '../kernel/otlp/rows/spans-rows.ts';
import { storeRequests } from '../kernel/otlp/rows/store-requests.ts';
import { unpack } from '../kernel/otlp/unpack.ts';
import { type OtlpRequestFacts, zstdRequestHeaders } from '../kernel/topics.ts';
import { logsPayload, metricsPayload, type Payload, tracePayload } from './payloads.ts';
import { isQuick, report } from './results.ts';

/** A batch of the sink, of 50,000 records. */
const requests = 100;
const recordsPerRequest = 500;
const records = requests * recordsPerRequest;
const rounds = isQuick ? 5 : 25;
/** Code is compiled in them. */
const roundsToWarmUp = isQuick ? 1 : 5;

const facts: OtlpRequestFacts = {
  org: 'org_default',
  project: 'prj_default',
  receivedAtMs: 1_700_000_000_000,
  retentionDays: 30,
  records: recordsPerRequest,
};
const origin = { ...facts, partition: 0, offset: 0 };

interface Measured {
  /** As in the names of figures. */
  readonly signal: string;
  readonly words: string;
  readonly transcoder: Transcoder;
  payload(seed: number, records: number): Payload;
  /** The target, a second on one core. */
  readonly atLeast: number;
}

const measure = async ({ signal, words, transcoder, payload, atLeast }: Measured): Promise<void> => {
  const unpacked = Array.from({ length: requests }, (_, seed) => payload(seed, recordsPerRequest).request);
  const values = await Promise.all(unpacked.map((request) => compress(request)));
  const hop = openHop(transcoder, values);
  const block = transcoder.openBlock();
  const parts: Readonly<Record<string, () => void>> = {
    unpack() {
      for (const value of values) freeBytes(unpack(value, 'zstd'));
    },
    rows() {
      block.clear();
      for (const request of unpacked) block.add(request, origin);
      block.written();
    },
    facets: () => void block.derived(),
  };

  const taken = new Map<string, number[]>();
  const time = async (part: string, work: () => void | Promise<void>): Promise<void> => {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    taken.set(part, [...(taken.get(part) ?? []), (records / (user + system)) * 1e6]);
  };
  for (let round = -roundsToWarmUp; round < rounds; round++) {
    if (round === 0) taken.clear();
    await time('', hop.take);
    for (const [part, work] of Object.entries(parts)) await time(`.${part}`, work);
  }

  const per = (all: readonly Uint8Array[]): string => (bytesOf(all) / records).toFixed(0);
  console.log(
    `${signal}: ${per(values)} bytes on the log, ${per(unpacked)} as protobuf, ${per(block.written())} as a row, ` +
      `${(hop.handedOver() / records).toFixed(0)} handed over`,
  );
  const unit = `${words} per CPU second`;
  report({ name: `transcode.${signal}`, values: taken.get('')!, unit, target: { atLeast } });
  for (const part of Object.keys(parts)) {
    const isDone = part !== 'facets' || block.derived() !== undefined;
    if (isDone) report({ name: `transcode.${signal}.${part}`, values: taken.get(`.${part}`)!, unit });
  }
};

interface Hop {
  /** The same batch each time. @throws Error when it did not become a row for each record */
  take(): Promise<void>;
  /** Bytes of the last one. */
  handedOver(): number;
}

const openHop = (transcoder: Transcoder, values: readonly Uint8Array[]): Hop => {
  let rows = 0;
  let bytes = 0;
  const write = storeRequests(
    {
      async insert(insert) {
        bytes += bytesOf(insert.rows);
        if (insert.table === transcoder.table) rows += insert.rowCount;
      },
    },
    transcoder,
  );
  const batch = {
    token: 'transcode',
    topic: 'otlp',
    partition: 0,
    records: values.map((value, offset): LogRecord => {
      return { offset, timestampMs: facts.receivedAtMs, key: '', headers: zstdRequestHeaders(facts), value };
    }),
  };
  return {
    async take() {
      rows = 0;
      bytes = 0;
      const outcomes = await write(batch);
      if (rows !== records) throw new Error(`${rows} rows instead of ${records}: ${JSON.stringify(outcomes[0])}`);
    },
    handedOver: () => bytes,
  };
};

const bytesOf = (all: readonly Uint8Array[]): number => all.reduce((sum, { length }) => sum + length, 0);

const all: readonly Measured[] = [
  {
    signal: 'spans',
    words: 'spans',
    transcoder: spansTranscoder(),
    payload: tracePayload,
    atLeast: 600_000,
  },
  {
    signal: 'logs',
    words: 'log records',
    transcoder: logsTranscoder(),
    payload: logsPayload,
    atLeast: 800_000,
  },
  {
    signal: 'metrics',
    words: 'number points',
    transcoder: metricsTranscoder(),
    payload: metricsPayload,
    atLeast: 1_500_000,
  },
];
const named = all.filter(({ signal }) => process.argv.includes(signal));
for (const each of named.length > 0 ? named : all) await measure(each);
