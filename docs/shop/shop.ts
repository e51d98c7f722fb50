/** A small shop under steady traffic: seven services, a database, a bank, and faults that can be switched on. */
import { startAcquirer } from './acquirer.ts';
import { type FaultName, switchFault } from './faults.ts';
import { startLoad } from './load.ts';
import { roster } from './roster.ts';
import { type ServiceProcess, startService } from './service-process.ts';
import { startShopDatabase } from './shop-database.ts';

export interface ShopOptions {
  /** Where telemetry goes, e.g. http://127.0.0.1:4318. */
  readonly otlpHttpUrl: string;
  /** Sent along with it, e.g. `{ authorization: 'Bearer …' }`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** 0 means: no visitors but yourself. */
  readonly requestsPerSecond: number;
}

export interface Shop {
  /** The shop's front door. */
  readonly url: string;
  setFault(name: FaultName, on: boolean): void;
  /** Ends the traffic, then the services with their last telemetry sent, then the database. */
  stop(): Promise<void>;
}

/** Resolves when every service answers. Whatever fails on the way, nothing is left running. */
export const startShop = async (options: ShopOptions): Promise<Shop> => {
  const started: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const stopPart of started.splice(0).reverse()) await stopPart();
  };
  try {
    const database = await startShopDatabase();
    started.push(database.stop);
    const acquirer = await startAcquirer();
    started.push(acquirer.stop);
    const services: ServiceProcess[] = [];
    started.push(() => stopServices(services));
    const variables = { ...database.variables, ...exporter(options) };
    const settled = await Promise.allSettled(
      roster.map(async (service) => services.push(await startService(service, variables))),
    );
    for (const outcome of settled) if (outcome.status === 'rejected') throw outcome.reason;
    const urls = Object.fromEntries(services.flatMap(({ name, url }) => (url === null ? [] : [[name, url]])));
    for (const service of services) service.tell({ kind: 'peers', urls: { ...urls, acquirer: acquirer.url } });
    const url = urls['edge-gateway']!;
    if (options.requestsPerSecond > 0) started.push(startLoad(url, options.requestsPerSecond).stop);
    return {
      url,
      setFault: (name, on) => {
        switchFault(name, on);
        for (const service of services) service.tell({ kind: 'fault', name, on });
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};

const stopServices = async (services: readonly ServiceProcess[]): Promise<void> => {
  await Promise.all(services.map((service) => service.stop()));
};

/** As the SDKs read it: headers are `key=value` pairs with percent-encoded values. */
const exporter = ({ otlpHttpUrl, headers = {} }: ShopOptions): Record<string, string> => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: otlpHttpUrl,
  OTEL_EXPORTER_OTLP_HEADERS: Object.entries(headers)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join(','),
});
