/**
 * The engine of chDB, of which a process has one: it runs for as long as a connection to it is open, and whoever connects
 * first says how. Its own defaults are those of a server that has a machine to itself.
 */
import { Session } from 'chdb';

export interface Engine {
  close(): void;
}

/** Starts it, unless it runs already, and keeps it running until it is closed. Takes a tenth of a second of the main thread. */
export const startEngine = (path: string): Engine => {
  const session = new Session(path, { connectionArgs: settings.map(([name, value]) => `--${name}=${value}`) });
  return { close: () => session.close() };
};

/**
 * Caches have limits: the defaults are 1 to 5 GiB for most, which is to say that they grow until the machine is full.
 * What nobody uses leaves a cache when something else comes, never by itself.
 */
const settings: readonly (readonly [name: string, value: number])[] = [
  ['mark_cache_size', 128 * 2 ** 20],
  ['primary_index_cache_size', 64 * 2 ** 20],
  ['index_mark_cache_size', 64 * 2 ** 20],
  ['text_index_tokens_cache_size', 64 * 2 ** 20],
  ['text_index_header_cache_size', 64 * 2 ** 20],
  ['text_index_postings_cache_size', 64 * 2 ** 20],
  ['query_condition_cache_size', 32 * 2 ** 20],
  ['compiled_expression_cache_size', 16 * 2 ** 20],
  // Each table asks twice a second whether it has something to merge, long after the last insert. It is told at an insert.
  ['background_processing_pool_thread_sleep_seconds_if_nothing_to_do', 5],
  // Compares what it believes to use with what it does, ten times a second.
  ['memory_worker_period_ms', 2000],
  // There is no configuration file.
  ['config_reload_interval_ms', 3_600_000],
  // Threads that stay when there is nothing to do: 1000 by default.
  ['max_thread_pool_free_size', 8],
];
