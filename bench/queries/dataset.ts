/**
 * What the tables of the query benchmark hold, as far as questions and rows both have to know it: 30 services, what they
 * do, what they say. Every value follows from the number of its span or line, so that a question can be made without
 * asking the store, and a build that was cut off goes on with the same rows.
 */
import { createHash } from 'node:crypto';

/** How much there is, and when: all of it within the 24 hours before `endMs`. */
export interface Dataset {
  readonly spans: number;
  readonly logs: number;
  readonly endMs: number;
}

export const dayMs = 86_400_000;
export const spansPerTrace = 10;
export const instancesPerService = 4;

export const services: readonly string[] = [
  ...['storefront', 'gateway', 'checkout', 'payments', 'inventory', 'shipping', 'accounts', 'search', 'mailer', 'cart'],
  ...['pricing', 'catalog', 'reviews', 'loyalty', 'fraud', 'ledger', 'invoices', 'returns', 'warehouse', 'couriers'],
  ...['profiles', 'sessions', 'recommender', 'media', 'notifications', 'tax', 'vouchers', 'exports', 'audit', 'flags'],
];

/** From 20 to 60; the first are called most. */
export const operationsOf = (service: number): number => 20 + ((service * 17) % 41);

export const nouns: readonly string[] = [
  ...['orders', 'items', 'baskets', 'customers', 'addresses', 'cards', 'refunds', 'stock', 'parcels', 'labels'],
  ...['routes', 'logins', 'tokens', 'queries', 'filters', 'mails', 'templates', 'prices', 'discounts', 'products'],
  ...['variants', 'pictures', 'ratings', 'comments', 'points', 'rewards', 'scores', 'rules', 'entries', 'accounts'],
  ...['documents', 'lines', 'claims', 'shelves', 'pickers', 'drivers', 'stops', 'names', 'avatars', 'devices'],
  ...['cookies', 'models', 'features', 'videos', 'thumbnails', 'channels', 'pushes', 'rates', 'zones', 'codes'],
  ...['campaigns', 'jobs', 'files', 'events', 'actors', 'switches', 'segments', 'tests', 'carts', 'quotes'],
];

/** Bodies of lines: the first come most often, each about a tenth less often than the one before. */
export const templates: readonly string[] = [
  'request {id} completed in {n} ms',
  'cache hit for key session:{id}',
  'order {id} moved to packed in {n} ms',
  'accepted connection from 10.0.{n}.17 for {user}',
  'payment {id} authorised by acquirer after {n} ms',
  'published message {id} to topic shipments with {n} bytes',
  'loaded profile of {user} from replica',
  'stock of article {id} is {n}',
  'recomputed price of basket {id} with {n} rules',
  'sent mail {id} to {user}',
  'refreshed token of {user} for {n} seconds',
  'search for {user} found {n} products',
  'slow query took {n} ms: SELECT * FROM invoices WHERE id = {id}',
  'retrying call to couriers, attempt {n}, request {id}',
  'card declined for {user}: insufficient funds',
  'parcel {id} scanned at depot {n}',
  'thumbnail {id} rendered with {n} pixels',
  'voucher {id} redeemed by {user}',
  'rate limit reached for {user}, {n} requests',
  'upstream timed out after {n} ms while reading response header, request {id}',
  'garbage collection paused for {n} ms',
  'feature flag {id} evaluated to control for {user}',
  'could not reserve {n} pieces of article {id}',
  'invoice {id} exported as document with {n} pages',
  'session of {user} expired',
  'circuit breaker opened for warehouse after {n} failures',
  'unexpected token in JSON at position {n}, body {id}',
  'address of {user} could not be geocoded',
  'leader election won by instance {n} with epoch {id}',
  'disk usage of volume {id} reached {n} percent',
];

/** One line in `everyRareWord` ends with one of these words, one in `everyRarePhrase` with one of the phrases. */
export const rareWords: readonly string[] = [
  ...['deadlock', 'segfault', 'quarantine', 'tombstone', 'overflowed', 'misaligned', 'starvation', 'splitbrain'],
];
export const everyRareWord = 50_021;
export const rarePhrases: readonly string[] = [
  'certificate chain expired at gateway',
  'replica lag exceeded hard limit',
  'checksum mismatch in segment header',
  'no quorum among remaining voters',
];
export const everyRarePhrase = 500_009;

export const customerTiers: readonly string[] = ['free', 'plus', 'business'];
export const tenants = 400;
export const statusCodes: readonly string[] = ['200', '200', '200', '201', '204', '301', '304', '400', '401', '404'];

/** Lower-case hex. */
export const traceIdOf = (trace: number): string => createHash('md5').update(`trace ${trace}`).digest('hex');
export const sessionIdOf = (trace: number): string => createHash('md5').update(`session ${trace}`).digest('hex');

export const tracesOf = ({ spans }: Pick<Dataset, 'spans'>): number => spans / spansPerTrace;

/** `user.id` of spans and `customer.id` of lines are one of so many; in a small store fewer, so that each comes several times. */
export const usersOf = (dataset: Pick<Dataset, 'spans'>): number =>
  Math.min(100_000, Math.ceil(tracesOf(dataset) / 10));

/** A string or a list of them as SQL. None of ours has a quote or a backslash. */
export const literal = (value: string | number | readonly (string | number)[]): string =>
  typeof value === 'string'
    ? `'${value}'`
    : typeof value === 'number'
      ? String(value)
      : `[${value.map(literal).join(', ')}]`;
