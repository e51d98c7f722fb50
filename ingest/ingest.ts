/** The way in: OTLP over HTTP and over gRPC, into the log. Needs the log alone. */
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../kernel/log/log.ts';
import type { IngestReport } from '../kernel/reports/instance-report.ts';
import { acceptInto } from './accept.ts';
import { authenticateBy, type Tenant } from './authenticate.ts';
import { countIngest, type IngestCounters } from './counters.ts';
import { type Fault, tellFaults } from './faults.ts';
import { createGrpcServer } from './grpc.ts';
import { keepConnections } from './grpc-connections.ts';
import { createHttpServer } from './http.ts';
import { boundInFlight, type InFlight } from './in-flight.ts';
import { followIngestKeys } from './keys.ts';
import { announceServicesTo } from './services-seen.ts';

export interface IngestOptions {
  readonly log: Log;
  readonly host: string;
  /** 0 takes any free port, here and below. */
  readonly httpPort: number;
  readonly grpcPort: number;
  /** Largest request, as it comes and after decompression. */
  readonly maxRequestBytes: number;
  /** Where data belongs that comes without a key and from this machine; undefined when a key is always needed. */
  readonly keyless: Tenant | undefined;
  /** Of all requests under way together. */
  readonly maxInFlightBytes?: number;
  /** Why nothing new is taken now, a full disk say: told to the sender, who keeps its data; undefined while it is. */
  readonly refuseWhile?: () => string | undefined;
  /** How long a request may take to arrive. */
  readonly requestTimeoutMs?: number;
  readonly maxConnectionAgeMs?: number;
  /** How long everything is still taken once `drain` was called, while load balancers learn from /readyz to go elsewhere. */
  readonly drainDelayMs?: number;
  /** How long requests under way may take to end, when a connection or the process is to end. */
  readonly drainMs?: number;
  /** Unix milliseconds. */
  readonly now?: () => number;
  /** Told when data could not be taken and the sender is not at fault. */
  readonly onFault?: (fault: Fault) => void;
}

export interface Ingest {
  readonly httpPort: number;
  readonly grpcPort: number;
  readonly counters: IngestCounters;
  readonly inFlight: Pick<InFlight, 'bytes' | 'requests'>;
  /** What was taken and refused, as the other processes of the installation learn it. */
  report(): IngestReport;
  /** Why nothing should be sent here now; undefined while there is no reason. Rejects when the log does not answer. */
  notReady(): Promise<string | undefined>;
  /** Refuses new connections after `drainDelayMs`, finishes what was accepted, and resolves `drainMs` later at the latest. */
  drain(): Promise<void>;
}

/** @throws when a port is taken */
export const startIngest = async ({
  log,
  host,
  httpPort,
  grpcPort,
  maxRequestBytes,
  keyless,
  maxInFlightBytes = Math.max(256 * 2 ** 20, 4 * maxRequestBytes),
  refuseWhile = () => undefined,
  requestTimeoutMs = 60_000,
  maxConnectionAgeMs = 30 * 60_000,
  drainDelayMs = 0,
  drainMs = 10_000,
  now = Date.now,
  onFault = () => {},
}: IngestOptions): Promise<Ingest> => {
  const keys = await followIngestKeys(log);
  const counting = countIngest(now);
  const inFlight = boundInFlight(maxInFlightBytes, refuseWhile);
  let isDraining = false;
  const notReady = async (): Promise<string | undefined> => {
    if (isDraining) return 'This server is about to end.';
    if (!keys.announced && keyless === undefined) return 'No ingest key is known here yet.';
    await log.ping();
    return refuseWhile();
  };
  const shared = {
    notReady,
    isDraining: () => isDraining,
    counting,
    inFlight,
    maxRequestBytes,
    requestTimeoutMs,
    authenticate: authenticateBy(keys, keyless),
    accept: acceptInto({ log, counting, maxRequestBytes, now, announce: announceServicesTo(log) }),
    onRefused: tellFaults(onFault, now),
  };
  const http = createHttpServer(shared);
  const grpc = createGrpcServer(shared);
  const connections = keepConnections(grpc, {
    maxAgeMs: maxConnectionAgeMs,
    graceMs: drainMs,
    // half of the least that gRPC clients let anyone configure
    minPingIntervalMs: 5_000,
  });
  try {
    await listen(http, host, httpPort);
    await listen(grpc, host, grpcPort);
  } catch (error) {
    http.close();
    await keys.close();
    throw error;
  }

  const drain = async (): Promise<void> => {
    isDraining = true;
    if (drainDelayMs > 0) await sleep(drainDelayMs);
    const closed = Promise.all([once(http, 'close'), once(grpc, 'close')]);
    http.close();
    http.closeIdleConnections();
    grpc.close();
    connections.closeAll();
    const deadline = setTimeout(() => {
      http.closeAllConnections();
      connections.destroyAll();
    }, drainMs);
    await closed;
    clearTimeout(deadline);
    await keys.close();
  };
  let drained: Promise<void> | undefined;
  return {
    httpPort: portOf(http),
    grpcPort: portOf(grpc),
    counters: counting.counters,
    inFlight,
    report: () => ({
      ...counting.counters.report(),
      inFlightBytes: inFlight.bytes,
      notAccepting: refuseWhile() ?? null,
    }),
    notReady,
    drain: () => (drained ??= drain()),
  };
};

const listen = async (server: Server, host: string, port: number): Promise<void> => {
  server.listen(port, host);
  await once(server, 'listening');
};

const portOf = (server: Server): number => (server.address() as AddressInfo).port;
