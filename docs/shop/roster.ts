/** Who takes part in the shop, and what the process that starts them and they themselves say to each other. */
import type { FaultName } from './faults.ts';

export type ServiceName =
  | 'edge-gateway'
  | 'auth'
  | 'catalog-search'
  | 'checkout-api'
  | 'payments'
  | 'inventory'
  | 'orders-worker';

/** Somebody a service can call: another service, or the bank outside. */
export type PeerName = ServiceName | 'acquirer';

export interface ServiceDefinition {
  readonly name: ServiceName;
  /** Module that runs as a process of its own, relative to this file. */
  readonly module: string;
  /** Becomes `service.version`. */
  readonly version: string;
}

export const roster: readonly ServiceDefinition[] = [
  { name: 'edge-gateway', module: './services/edge-gateway.ts', version: '1.31.2' },
  { name: 'auth', module: './services/auth.ts', version: '3.8.0' },
  { name: 'catalog-search', module: './services/catalog-search.ts', version: '0.44.7' },
  { name: 'checkout-api', module: './services/checkout-api.ts', version: '2.14.2' },
  { name: 'payments', module: './services/payments.ts', version: '5.2.0' },
  { name: 'inventory', module: './services/inventory.ts', version: '1.9.3' },
  { name: 'orders-worker', module: './services/orders-worker.ts', version: '0.7.1' },
];

/** Over Node's IPC channel, to a service. Everybody listens on a free port, so addresses come once all are known. */
export type ToService =
  | { readonly kind: 'peers'; readonly urls: Readonly<Partial<Record<PeerName, string>>> }
  | { readonly kind: 'fault'; readonly name: FaultName; readonly on: boolean }
  | { readonly kind: 'stop' };

/** Over Node's IPC channel, from a service. `url` is null for one that nobody calls. */
export interface FromService {
  readonly kind: 'ready';
  readonly url: string | null;
}
