import { expect, test } from 'vitest';
import { startPeersClickHouse } from './clickhouse.ts';
import { otelSchema } from './otel-schema.ts';

test("the Collector's tables can be made, and a span in them is found by its trace", { timeout: 60_000 }, async () => {
  const clickhouse = await startPeersClickHouse();
  try {
    for (const sql of ['CREATE DATABASE otel', ...otelSchema('otel')]) await clickhouse.run(sql);
    await clickhouse.run("INSERT INTO otel.otel_traces (Timestamp, TraceId) SELECT now64(9), 'abc'");
    expect(await clickhouse.run('SELECT TraceId FROM otel.otel_traces_trace_id_ts')).toBe('abc');
    expect(await clickhouse.run('SELECT count() FROM otel.otel_logs')).toBe('0');
  } finally {
    await clickhouse.stop();
  }
});
