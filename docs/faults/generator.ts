/**
 * The senders: several at once, over HTTP and gRPC, in protobuf and JSON, never faster than they are told. Every attempt
 * has numbers of its own, so that what became of it can be looked up: acknowledged ones must be stored once, all others
 * once at most.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Exporters, type IngestAddress, type Outcome, openExporters } from './exporters.ts';
import { type Ledger, openLedger } from './ledger.ts';
import { encodeRequest, type Numbered, signals } from './numbered-requests.ts';
import { type Random, randomOf } from './random.ts';

export interface GeneratorOptions {
  readonly run: string;
  readonly random: Random;
  /** Asked before every request. When one refuses the connection, the next is tried. */
  readonly addresses: () => readonly IngestAddress[];
  readonly recordsPerSecond: number;
  readonly key?: string;
  /** Default 15 s. */
  readonly timeoutMs?: number;
}

export interface Generator {
  readonly ledger: Ledger;
  /** Those of which something was acknowledged. */
  readonly services: ReadonlySet<string>;
  /** Requests by how they ended. */
  readonly outcomes: Readonly<Record<Outcome['kind'], number>>;
  /** The last few that may have been lost, each in a sentence. */
  readonly complaints: readonly string[];
  /** Resolves when this many more records have been acknowledged, and every sender has had one of its requests taken. */
  acknowledges(records: number): Promise<void>;
  /** Changes how fast it is from now on. */
  setRate(recordsPerSecond: number): void;
  /** Sends nothing until the returned function is called. Resolves when no request is under way any more. */
  pause(): Promise<() => void>;
  /** What was acknowledged up to now; the returned function makes it the only thing that ever was. */
  remember(): () => void;
  /** Resolves when no request is under way any more. */
  stop(): Promise<void>;
}

export const startGenerator = (options: GeneratorOptions): Generator => {
  const ledger = openLedger();
  const outcomes = { acknowledged: 0, 'not sent': 0, retry: 0, 'no answer': 0, dropped: 0 };
  const services = new Set<string>();
  const complaints: string[] = [];
  const exporters = openExporters(options.timeoutMs ?? 15_000, options.key);
  const stopping = new AbortController();
  let paused: Promise<void> | undefined;
  let underWay = 0;
  const taken = new Array<number>(senders).fill(0);
  const rate = paceOf(options.recordsPerSecond);

  /** Now and then one that nobody has seen, so that deciders always have something to decide. */
  let newServices = 0;
  let newServiceAtMs = 0;
  const nextService = (): string | undefined => {
    if (performance.now() < newServiceAtMs) return undefined;
    newServiceAtMs = performance.now() + newServiceEveryMs;
    return `service-${newServices++}`;
  };

  const count = (outcome: Outcome): void => {
    outcomes[outcome.kind]++;
    // That nobody listens is no complaint: the next address is tried.
    if (outcome.kind === 'acknowledged' || outcome.kind === 'not sent') return;
    complaints.push(`${outcome.kind}: ${outcome.why}`);
    if (complaints.length > 20) complaints.shift();
  };

  const send = async (sender: number): Promise<void> => {
    const random = randomOf(options.random.seed + sender);
    let turn = sender;
    while (!stopping.signal.aborted) {
      const records = random.integer(1, maxRecords);
      await rate.waitFor(records, stopping.signal);
      while (paused) await paused;
      if (stopping.signal.aborted) return;
      underWay++;
      const request: Numbered = {
        run: options.run,
        signal: signals[random.integer(0, signals.length)]!,
        first: ledger.take(records),
        records,
        service: nextService() ?? `sender-${sender}`,
        atMs: Date.now(),
      };
      while (!stopping.signal.aborted) {
        const addresses = options.addresses();
        const address = addresses[turn++ % addresses.length]!;
        const outcome = await attempt(exporters, address, request, sender);
        count(outcome);
        if (outcome.kind === 'acknowledged') {
          ledger.acknowledge(request.first, records);
          // A project may have a thousand; what comes after those is not registered.
          if (newServices < maxServices) services.add(request.service);
          taken[sender]!++;
        }
        if (outcome.kind === 'retry') await pause(Math.min(outcome.afterMs, maxRetryMs), stopping.signal);
        if (outcome.kind !== 'not sent') break;
        // Nobody listens anywhere: not as fast as one can.
        if (turn % addresses.length === 0) await pause(20, stopping.signal);
      }
      underWay--;
    }
  };
  const sending = Array.from({ length: senders }, (_, sender) => send(sender));

  return {
    ledger,
    services,
    outcomes,
    complaints,
    setRate: rate.set,
    async acknowledges(records) {
      const until = ledger.acknowledgedCount + records;
      const before = [...taken];
      const isThere = (): boolean =>
        ledger.acknowledgedCount >= until && taken.every((requests, sender) => requests > before[sender]!);
      const deadlineMs = performance.now() + patienceMs;
      while (!isThere()) {
        if (performance.now() > deadlineMs) {
          throw new Error(
            `No ${records} more records were acknowledged within ${patienceMs} ms. Last:\n${complaints.join('\n')}`,
          );
        }
        await sleep(5);
      }
    },
    async pause() {
      const { promise, resolve } = Promise.withResolvers<void>();
      paused = promise;
      while (underWay > 0) await sleep(5);
      return () => {
        paused = undefined;
        resolve();
      };
    },
    remember() {
      const memory = ledger.remember();
      const known = [...services];
      return () => {
        ledger.goBackTo(memory);
        services.clear();
        for (const service of known) services.add(service);
      };
    },
    async stop() {
      stopping.abort();
      await Promise.all(sending);
      exporters.close();
    },
  };
};

const senders = 8;
const newServiceEveryMs = 200;
const maxServices = 900;
const maxRecords = 40;
/** Users' exporters would wait longer; tests have not the time. */
const maxRetryMs = 200;
const patienceMs = 120_000;

/** Two of the senders speak gRPC, two JSON. */
const attempt = (exporters: Exporters, address: IngestAddress, request: Numbered, sender: number): Promise<Outcome> => {
  if (sender % 4 === 3) return exporters.grpc(address, request.signal, encodeRequest(request, 'protobuf'));
  const encoding = sender % 4 === 2 ? 'json' : 'protobuf';
  return exporters.http(address, request.signal, encoding, encodeRequest(request, encoding));
};

/** Lets so many records a second through: whoever comes too early waits. What was not used is not saved up. */
const paceOf = (recordsPerSecond: number) => {
  let perSecond = recordsPerSecond;
  let freeAtMs = performance.now();
  return {
    set(next: number): void {
      perSecond = next;
      freeAtMs = performance.now();
    },
    async waitFor(records: number, signal: AbortSignal): Promise<void> {
      const nowMs = performance.now();
      freeAtMs = Math.max(freeAtMs, nowMs - 100) + (records / perSecond) * 1000;
      if (freeAtMs > nowMs) await pause(freeAtMs - nowMs, signal);
    },
  };
};

const pause = (delayMs: number, signal: AbortSignal): Promise<void> =>
  sleep(delayMs, undefined, { signal }).catch(() => {});
