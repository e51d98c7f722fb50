/**
 * Connections to chDB, each lent to one statement at a time. The binding asks for this twice: a connection runs its
 * statements one after the other, so a slow one would hold up all; and what a failed statement had already printed comes
 * out in front of the next answer of the same connection, which may be another tenant's. So a connection on which
 * anything failed is closed and never lent again; a new one costs a millisecond.
 */
import { createClient } from '@clickhouse/client';
import { createChdbConnection } from 'chdb/connection';
import { openPlaces } from './places.ts';

export type ChdbClient = ReturnType<typeof createClient>;

export interface Connections {
  /** Waits for a free connection, in order of asking. @throws TooManyWaitingError when `maxWaiting` others wait already. */
  lend<Result>(use: (client: ChdbClient) => Promise<Result>): Promise<Result>;
  /** Works while no connection is lent, before all who wait for one. For one at a time. */
  whileNoneIsLent<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Closes those that are not lent. */
  closeFree(): Promise<void>;
  close(): Promise<void>;
}

export interface ConnectionLimits {
  readonly maxOpen: number;
  readonly maxWaiting: number;
  /** True where statements say SET: each then gets a connection of its own. */
  readonly useOnce?: boolean;
}

/** @param mayConnect asked before each new connection; what it throws is thrown to who asked for one */
export const openConnections = (
  path: string,
  limits: ConnectionLimits,
  mayConnect: () => void = () => {},
): Connections => {
  const places = openPlaces(limits);
  const free: ChdbClient[] = [];
  let closed = false;
  const closeFree = async (): Promise<void> => {
    await Promise.all(free.splice(0).map((client) => client.close()));
  };

  return {
    lend: (use) =>
      places.hold(async () => {
        let client: ChdbClient | undefined;
        try {
          client = free.pop();
          if (client === undefined) mayConnect();
          client ??= connect(path);
          const result = await use(client);
          if (closed || limits.useOnce) await client.close();
          else free.push(client);
          return result;
        } catch (error) {
          await client?.close().catch(() => {});
          throw error;
        }
      }),
    whileNoneIsLent: (work) => places.holdAll(work),
    closeFree,
    async close() {
      closed = true;
      await closeFree();
    },
  };
};

const connect = (path: string): ChdbClient =>
  // chDB's types come from a second copy of the client's common part: equal, but not to exactOptionalPropertyTypes.
  createClient({ connection: createChdbConnection({ path }) as unknown as ChdbBackend });

type ChdbBackend = NonNullable<NonNullable<Parameters<typeof createClient>[0]>['connection']>;
