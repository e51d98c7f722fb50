/** Sends an OTLP/JSON request in each of the three forms that OTLP has. */
import { Client, credentials, type ServiceError } from '@grpc/grpc-js';
import type { Type } from 'protobufjs';
import { expect } from 'vitest';
import type { RunningSyntra } from '../../docs/guide/start-syntra.ts';
import { logsRequest, metricsRequest, traceRequest } from '../../kernel/otlp/proof/reference.ts';

export type Signal = 'traces' | 'logs' | 'metrics';
export type Request = Readonly<Record<string, unknown>>;
type Addresses = Pick<RunningSyntra, 'otlpHttpUrl' | 'otlpGrpcUrl'>;

const requests: Readonly<Record<Signal, { readonly type: Type; readonly method: string }>> = {
  traces: { type: traceRequest, method: '/opentelemetry.proto.collector.trace.v1.TraceService/Export' },
  logs: { type: logsRequest, method: '/opentelemetry.proto.collector.logs.v1.LogsService/Export' },
  metrics: { type: metricsRequest, method: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export' },
};

/** Each insists on full success: an answer that names no rejected record. */
export const transports = {
  'HTTP with JSON': async (to: Addresses, signal: Signal, request: Request): Promise<void> => {
    const answer = await post(`${to.otlpHttpUrl}/v1/${signal}`, 'application/json', JSON.stringify(request));
    expect(answer.status, answer.body.toString()).toBe(200);
    expect(JSON.parse(answer.body.toString()).partialSuccess ?? {}).toEqual({});
  },
  'HTTP with protobuf': async (to: Addresses, signal: Signal, request: Request): Promise<void> => {
    const answer = await post(`${to.otlpHttpUrl}/v1/${signal}`, 'application/x-protobuf', toProtobuf(signal, request));
    expect(answer.status, answer.body.toString()).toBe(200);
    expect(answer.body).toHaveLength(0);
  },
  gRPC: async (to: Addresses, signal: Signal, request: Request): Promise<void> => {
    const client = new Client(new URL(to.otlpGrpcUrl).host, credentials.createInsecure());
    try {
      expect(await unaryCall(client, requests[signal].method, toProtobuf(signal, request))).toHaveLength(0);
    } finally {
      client.close();
    }
  },
} as const;

const post = async (
  url: string,
  contentType: string,
  body: string | Uint8Array<ArrayBuffer>,
): Promise<{ status: number; body: Buffer }> => {
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': contentType }, body });
  return { status: response.status, body: Buffer.from(await response.arrayBuffer()) };
};

const toProtobuf = (signal: Signal, request: Request): Uint8Array<ArrayBuffer> => {
  const { type } = requests[signal];
  return new Uint8Array(type.encode(type.fromObject(withBinaryIds(request) as Record<string, unknown>)).finish());
};

/** OTLP/JSON writes ids in hex where protobuf's own JSON would write base64. */
const withBinaryIds = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withBinaryIds);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [
      key,
      /^(traceId|spanId|parentSpanId)$/.test(key) ? Buffer.from(field as string, 'hex') : withBinaryIds(field),
    ]),
  );
};

const unaryCall = (client: Client, method: string, body: Uint8Array): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const asIs = (bytes: Buffer): Buffer => bytes;
    client.makeUnaryRequest(method, asIs, asIs, Buffer.from(body), (error: ServiceError | null, answer?: Buffer) => {
      if (error) reject(error);
      else resolve(answer!);
    });
  });
