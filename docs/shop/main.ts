/** `npm run demo`: the shop on a terminal. `npm run demo -- --fault card-declined --rate 12`. */
import { emitKeypressEvents } from 'node:readline';
import { parseArgs } from 'node:util';
import { readConfig } from '../../kernel/config.ts';
import { startControl } from './control.ts';
import { type FaultName, faultNames, faults, isFaultName } from './faults.ts';
import { type Shop, startShop } from './shop.ts';

const usage = `npm run demo -- [--fault <name>]… [--rate <requests a second, 1 to 200>]
faults: ${faultNames.join(', ')}`;

interface Wishes {
  readonly faults: readonly FaultName[];
  readonly requestsPerSecond: number;
}

/** @throws Error with what is wrong with the arguments. */
const readWishes = (args: string[]): Wishes => {
  const { values } = parseArgs({
    args,
    options: { fault: { type: 'string', multiple: true, default: [] }, rate: { type: 'string', default: '8' } },
  });
  const unknown = values.fault.find((name) => !isFaultName(name));
  if (unknown !== undefined) throw new Error(`there is no fault called ${unknown}`);
  const requestsPerSecond = Number(values.rate);
  if (!(requestsPerSecond >= 1 && requestsPerSecond <= 200)) throw new Error(`${values.rate} is not a rate`);
  return { faults: values.fault.filter(isFaultName), requestsPerSecond };
};

const run = async (wishes: Wishes): Promise<void> => {
  const { host, port, otlpHttpPort } = readConfig();
  const otlpHttpUrl = process.env.OTEL_EXPORTER_OTLP_ENDPOINT || `http://${host}:${otlpHttpPort}`;
  const headers = headersIn(process.env.OTEL_EXPORTER_OTLP_HEADERS ?? '');
  await warnWhenUnwanted(otlpHttpUrl, headers);
  console.log('Starting seven services and a database…');
  const starting = startShop({ otlpHttpUrl, headers, requestsPerSecond: wishes.requestsPerSecond });
  // Also while it starts: what has been started by then must not stay behind.
  const leave = leaveOnce(async () => (await starting).stop());
  const shop = await starting;
  const switches = switchesOf(shop);
  const controlUrl = await startControl(switches);
  console.log(`
  Shop        ${shop.url}   about ${wishes.requestsPerSecond} requests a second
  Telemetry   ${otlpHttpUrl}   traces, logs and metrics of all of it
  Look at     http://${host}:${port}/services

  Press a number to switch a fault on or off, q or Ctrl-C to stop. Or from elsewhere:
  curl -X POST ${controlUrl}/faults/card-declined/on
`);
  faultNames.forEach((name, i) => {
    console.log(`  ${i + 1}  ${name.padEnd(17)} ${faults[name]}`);
  });
  console.log('');
  for (const name of wishes.faults) switches.set(name, true);
  listenToKeys(switches, leave);
};

/** `authorization=Bearer%20abc,x-more=1`, as every OpenTelemetry SDK reads it. */
const headersIn = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .split(',')
      .filter((pair) => pair.includes('='))
      .map((pair) => [
        pair.slice(0, pair.indexOf('=')).trim(),
        decodeURIComponent(pair.slice(pair.indexOf('=') + 1).trim()),
      ]),
  );

const switchesOf = (shop: Shop) => {
  const on = new Set<FaultName>();
  return {
    isOn: (name: FaultName) => on.has(name),
    set: (name: FaultName, wanted: boolean) => {
      if (wanted) on.add(name);
      else on.delete(name);
      shop.setFault(name, wanted);
      console.log(`  ${name} is ${wanted ? 'ON' : 'off'}`);
    },
  };
};

/** Ctrl-C arrives twice when npm passes on what the terminal has sent to all: leaving happens once. */
const leaveOnce = (stop: () => Promise<void>): (() => void) => {
  let leaving = false;
  const leave = (): void => {
    if (leaving) return;
    leaving = true;
    console.log('\nClosing the shop…');
    stop().then(
      () => process.exit(0),
      (error: Error) => fail(error.message),
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, leave);
  return leave;
};

const listenToKeys = (switches: ReturnType<typeof switchesOf>, leave: () => void): void => {
  if (!process.stdin.isTTY) return;
  emitKeypressEvents(process.stdin);
  process.stdin.setRawMode(true);
  process.stdin.on('keypress', (text: string | undefined, key: { name?: string; ctrl?: boolean }) => {
    if (key.name === 'q' || (key.ctrl && key.name === 'c')) leave();
    const name = faultNames[Number(text) - 1];
    if (name) switches.set(name, !switches.isOn(name));
  });
};

/** The SDKs say nothing when nobody wants their data: an empty request finds out beforehand. */
const warnWhenUnwanted = async (otlpHttpUrl: string, headers: Readonly<Record<string, string>>): Promise<void> => {
  const request = {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: '{"resourceSpans":[]}',
    signal: AbortSignal.timeout(2_000),
  };
  const status = await fetch(`${otlpHttpUrl}/v1/traces`, request).then(
    (response) => response.status,
    () => 0,
  );
  if (status === 0) console.error(`Nobody listens at ${otlpHttpUrl} yet: run npm start in another terminal.`);
  else if (status !== 200)
    console.error(`${otlpHttpUrl} answers ${status}: is the key in OTEL_EXPORTER_OTLP_HEADERS good?`);
};

const fail = (message: string): never => {
  console.error(message);
  process.exit(1);
};

const wishesOrUsage = (): Wishes => {
  try {
    return readWishes(process.argv.slice(2));
  } catch (error) {
    return fail(`${(error as Error).message}\n\n${usage}`);
  }
};

await run(wishesOrUsage()).catch((error: Error) => fail(error.message));
