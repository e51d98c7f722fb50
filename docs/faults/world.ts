/**
 * An installation to do harm to: real processes of the program over real stores, in directories of its own. Everything
 * that was started ends with `close`.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Role } from '../../kernel/config.ts';
import { openEmbeddedLog } from '../../kernel/log/embedded.ts';
import { openKafkaLog } from '../../kernel/log/kafka.ts';
import type { Log } from '../../kernel/log/log.ts';
import type { Inspect } from './checker.ts';
import type { IngestAddress } from './exporters.ts';
import { inDirectory, onServer } from './inspect.ts';
import { createPart, type Part } from './part.ts';
import { openStores, type Stores, type StoresWanted } from './stores.ts';
import { until } from './until.ts';

/**
 * embedded: one process, nothing else. servers: one process and the embedded log, with ClickHouse and PostgreSQL as
 * servers. distributed: a process or more for each role, and all three stores as servers.
 */
export type Mode = 'embedded' | 'servers' | 'distributed';

/** Processes of each role, in the distributed mode. */
export type Layout = Readonly<Record<Role, number>>;

export interface WorldOptions {
  readonly mode: Mode;
  readonly layout?: Layout;
  readonly stores?: StoresWanted;
  /** Where the data goes; default: a new directory that is removed with the world. */
  readonly directory?: string;
  /** Where a process runs and listens, asked for each. Default: on loopback. */
  readonly place?: () => Promise<Place>;
  readonly env?: Readonly<Record<string, string>>;
  /** What was made for this world, and goes with it. */
  readonly onClose?: () => Promise<void>;
}

export interface Place {
  readonly host: string;
  /** Put in front of the command. It must become the command. */
  readonly wrapper: readonly string[];
}

export interface World {
  readonly mode: Mode;
  readonly directory: string;
  readonly stores: Stores;
  readonly parts: readonly Part[];
  withRole(role: Role): readonly Part[];
  /** One more process of this role; not started. */
  add(role: Role): Promise<Part>;
  /** Starts what does not run, and resolves when all of it is ready. @throws Error when one ends instead */
  startAll(): Promise<void>;
  ingestAddresses(): readonly IngestAddress[];
  /** What the API says under this path. */
  ask<Answer>(path: string): Promise<Answer>;
  /** Resolves when every processor has read all that its topics hold. */
  untilStored(): Promise<void>;
  /** Stops the processes in order, and reads the tables past them. */
  inspect<Result>(use: (inspect: Inspect) => Promise<Result>): Promise<Result>;
  /** Uses the log past the processes. Where it is embedded, it stops the process that has it. */
  withLog<Result>(use: (log: Log) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/** Of every world: nothing in them is worth a secret. */
export const ingestKey = `syn_${'0123456789'.repeat(4)}`;
const adminToken = 'a-token-for-faults';

const patienceMs = 300_000;

export const openWorld = async (options: WorldOptions): Promise<World> => {
  const { mode } = options;
  const made = options.directory === undefined ? await mkdtemp(join(tmpdir(), 'syntra-fault-')) : undefined;
  const directory = options.directory ?? made!;
  const parts: Part[] = [];
  let stores: Stores | undefined;
  const close = async (): Promise<void> => {
    await Promise.all(parts.map((part) => part.kill()));
    await stores?.close();
    await options.onClose?.();
    if (made !== undefined) await rm(made, { recursive: true, force: true, maxRetries: 10 });
  };
  try {
    stores = await openStores(mode, options.stores);
    return await assemble(options, { directory, stores, parts, close });
  } catch (error) {
    await close();
    throw error;
  }
};

interface Assembly {
  readonly directory: string;
  readonly stores: Stores;
  readonly parts: Part[];
  close(): Promise<void>;
}

const assemble = async (options: WorldOptions, { directory, stores, parts, close }: Assembly): Promise<World> => {
  const { mode, place = async () => ({ host: '127.0.0.1', wrapper: [] }) } = options;

  const add = async (roles: readonly Role[], name: string): Promise<Part> => {
    const dataDir = mode === 'distributed' ? join(directory, name) : directory;
    await mkdir(dataDir, { recursive: true });
    const env = {
      SYNTRA_DATA_DIR: dataDir,
      SYNTRA_LOG_LEVEL: 'warn',
      SYNTRA_INGEST_KEY: ingestKey,
      SYNTRA_ADMIN_TOKEN: adminToken,
      ...stores.settings,
      ...options.env,
    };
    const part = await createPart({ name, roles, env, ...(await place()) });
    parts.push(part);
    return part;
  };
  const withRole = (role: Role): Part[] => parts.filter(({ roles }) => roles.length === 0 || roles.includes(role));

  const world: World = {
    mode,
    directory,
    stores,
    parts,
    withRole,
    add: (role) => add([role], `${role}-${withRole(role).length + 1}`),
    async startAll() {
      await Promise.all(
        parts
          .filter(({ isRunning }) => !isRunning)
          .map(async (part) => {
            const how = await part.start();
            if (how !== 'ready') throw new Error(`${part.name} ended with ${JSON.stringify(how)}:\n${part.output()}`);
          }),
      );
    },
    ingestAddresses: () => withRole('ingest').map(({ ingest }) => ingest),
    ask: (path) => ask(withRole('api')[0]!.url, path),
    async untilStored() {
      const part = withRole('processors')[0]!;
      try {
        await until('every processor has read everything', () => hasReadAll(part.url), patienceMs);
        // Once more: an answer may be one that somebody had asked for before.
        await until('every processor has read everything', () => hasReadAll(part.url), patienceMs);
      } catch (error) {
        const outputs = parts.map((each) => `--- ${each.name}\n${each.output()}`).join('\n');
        throw new Error(`${(error as Error).message}\n${outputs}`, { cause: error });
      }
    },
    async inspect(use) {
      await stopAll(parts);
      return mode === 'embedded' ? inDirectory(directory, use) : use(onServer(stores.clickhouseUrl!));
    },
    async withLog(use) {
      // One process at a time has the embedded log.
      if (stores.kafka === undefined) await stopAll(parts);
      const log = await openLogOf(stores, directory);
      try {
        return await use(log);
      } finally {
        await log.close();
      }
    },
    close,
  };

  if (mode === 'distributed') {
    const layout = options.layout ?? { ingest: 1, processors: 1, api: 1 };
    for (const role of ['ingest', 'processors', 'api'] as const) {
      for (let i = 0; i < layout[role]; i++) await world.add(role);
    }
  } else await add([], 'syntra');
  return world;
};

const stopAll = async (parts: readonly Part[]): Promise<void> => {
  for (const part of parts) await part.stop();
};

const openLogOf = async ({ kafka }: Stores, directory: string): Promise<Log> =>
  kafka === undefined
    ? openEmbeddedLog({ directory })
    : openKafkaLog({
        kafka: { brokers: kafka.bootstrap, tls: false, sasl: undefined, prefix: '', replicas: undefined },
      });

/** Asks the process itself, which asks the log: what others show may be some seconds old. */
const hasReadAll = async (url: string): Promise<boolean> => {
  const lags = [
    ...(await get(`${url}/metrics`)).matchAll(/^syntra_processor_lag_records\{processor="([^"]+)".*\} (\d+)/gm),
  ];
  const unknown = processors.filter((name) => !lags.some(([, processor]) => processor === name));
  const behind = lags.filter(([, , lag]) => lag !== '0').map(([line]) => line);
  if (unknown.length + behind.length > 0) throw new Error(`Not known: ${unknown}; behind:\n${behind.join('\n')}`);
  return true;
};

/** Those that have to do with what is sent here. */
const processors = ['store-spans', 'store-logs', 'store-metrics', 'register-services'];

const get = async (url: string): Promise<string> => {
  const headers = { authorization: `Bearer ${adminToken}` };
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(10_000) });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return text;
};

/** What the API says, to somebody with the token. */
const ask = async <Answer>(url: string, path: string): Promise<Answer> =>
  (JSON.parse(await get(`${url}/api/v1${path}`)) as { data: Answer }).data;
