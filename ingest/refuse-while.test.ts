/** While there is a reason to take nothing new, senders are told to come back, and nothing else stops. */
import { connect } from 'node:http2';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { spansTopic } from '../kernel/topics.ts';
import { framed } from './grpc-message.ts';
import { decodeStatus, encodeRequest, openTestIngest, spansOf, statusOf, type TestIngest } from './test-ingest.ts';

const nearlyFull = 'The disk of the data directory is nearly full: 1.2 GiB free, 1.5 GiB are kept.';
const one = encodeRequest('traces', spansOf('shop', {}));

let why: string | undefined;
let ingest: TestIngest;
beforeAll(async () => {
  ingest = await openTestIngest({ refuseWhile: () => why });
});
afterAll(() => ingest.close());
afterEach(() => {
  why = undefined;
});

const post = () =>
  fetch(`${ingest.url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: one,
    signal: AbortSignal.timeout(10_000),
  });

test('HTTP: 503 with Retry-After and the reason, and taken again once it is over', async () => {
  why = nearlyFull;
  const refused = await post();
  expect(refused.status).toBe(503);
  expect(ingest.report().notAccepting).toBe(why);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await statusOf(refused)).toMatchObject({ code: 14, message: nearlyFull });
  expect(await ingest.recordsOf(spansTopic.name)).toHaveLength(0);
  why = undefined;
  expect((await post()).status).toBe(200);
  expect(await ingest.recordsOf(spansTopic.name)).toHaveLength(1);
});

test('gRPC: UNAVAILABLE with RetryInfo and the reason', async () => {
  why = nearlyFull;
  const session = connect(`http://127.0.0.1:${ingest.grpcPort}`);
  const { promise, resolve, reject } = Promise.withResolvers<Record<string, unknown>>();
  const call = session.request({
    ':method': 'POST',
    ':path': '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  call.on('response', resolve).on('error', reject);
  call.end(framed(one));
  const headers = await promise;
  session.destroy();
  expect(headers).toMatchObject({ 'grpc-status': '14', 'grpc-message': nearlyFull });
  const status = decodeStatus(Buffer.from(String(headers['grpc-status-details-bin']), 'base64'));
  expect(status.details).toMatchObject([{ type: 'RetryInfo' }]);
});

test('/readyz says no', async () => {
  const ready = async () => (await fetch(`${ingest.url}/readyz`, { signal: AbortSignal.timeout(10_000) })).status;
  expect(await ready()).toBe(200);
  why = nearlyFull;
  expect(await ready()).toBe(503);
});
