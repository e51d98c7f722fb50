/** The stores that a world has as servers, and the settings by which the program finds them. */
import type { Mode } from './world.ts';

/** What a row asks for besides what its mode needs. */
export interface StoresWanted {
  /** Brokers of the log, in the distributed mode. Default: 1. */
  readonly brokers?: number;
}

export interface Stores {
  readonly settings: Readonly<Record<string, string>>;
  /** With the database in it; undefined where the telemetry store is embedded. */
  readonly clickhouseUrl: string | undefined;
  close(): Promise<void>;
}

export const openStores = async (mode: Mode, _wanted: StoresWanted = {}): Promise<Stores> => {
  if (mode === 'embedded') return { settings: {}, clickhouseUrl: undefined, close: async () => {} };
  throw new Error('not yet');
};
