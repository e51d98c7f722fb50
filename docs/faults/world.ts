/**
 * An installation to do harm to: real processes of the program over real stores, in directories of its own. Everything
 * that was started ends with `close`.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pipeline } from '../../api/contract/pipeline.ts';
import type { Role } from '../../kernel/config.ts';
import { openEmbeddedLog } from '../../kernel/log/embedded.ts';
import { openKafkaLog } from '../../kernel/log/kafka.ts';
import type { Log } from '../../kernel/log/log.ts';
import type { Inspect } from './checker.ts';
import type { IngestAddress } from './exporters.ts';
import { inDirectory, onServer } from './inspect.ts';
import { createPart, type Part } from './part.ts';
import { openStores, type Stores, type StoresWanted } from './stores.ts';

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
  readonly host?: string;
  readonly wrapper?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What was made for this world, and goes with it. */
  readonly onClose?: () => Promise<void>;
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
  const { mode, host = '127.0.0.1', wrapper = [] } = options;
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
    return await assemble(options, { directory, host, wrapper, stores, parts, close });
  } catch (error) {
    await close();
    throw error;
  }
};

interface Assembly {
  readonly directory: string;
  readonly host: string;
  readonly wrapper: readonly string[];
  readonly stores: Stores;
  readonly parts: Part[];
  close(): Promise<void>;
}

const assemble = async (
  options: WorldOptions,
  { directory, host, wrapper, stores, parts, close }: Assembly,
): Promise<World> => {
  const { mode } = options;
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
    const part = await createPart({ name, roles, host, wrapper, env });
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
      const deadlineMs = performance.now() + patienceMs;
      for (let last = ''; ; await sleep(50)) {
        last = await lagOf(world).catch((error: Error) => error.message);
        if (last === '') return;
        if (performance.now() > deadlineMs) {
          const outputs = parts.map((part) => `--- ${part.name}\n${part.output()}`).join('\n');
          throw new Error(`Not all was stored within ${patienceMs} ms: ${last}\n${outputs}`);
        }
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

/** Which processors have still to read how much; nothing, when none has. */
const lagOf = async (world: World): Promise<string> => {
  const { processors } = await world.ask<Pick<Pipeline, 'processors'>>('/pipeline');
  if (processors.length === 0) throw new Error('no processor has said that it runs');
  const behind = processors.filter(({ lag }) => lag !== 0);
  return behind.map(({ name, lag, lastError }) => `${name} ${lag ?? 'unknown'} (${lastError})`).join(', ');
};

/** What the API says, to somebody with the token. */
const ask = async <Answer>(url: string, path: string): Promise<Answer> => {
  const response = await fetch(`${url}/api/v1${path}`, {
    headers: { authorization: `Bearer ${adminToken}` },
    signal: AbortSignal.timeout(10_000),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return (JSON.parse(text) as { data: Answer }).data;
};
