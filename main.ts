/**
 * The program: settings, then the stores, then every role on top of them; and the way back when it is told to stop. Or
 * one of its commands.
 */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Role, readConfig, roles } from './kernel/config.ts';
import { holdDataDirectory } from './kernel/data-directory.ts';
import { giveBackWhenIdle } from './kernel/idle-memory.ts';
import { OperatorError } from './kernel/operator-error.ts';
import type { Report } from './kernel/own-telemetry/own-telemetry.ts';
import { printTo } from './kernel/own-telemetry/print.ts';
import { replayUsage } from './kernel/replay/arguments.ts';
import { collectStops, type Stops } from './kernel/stops.ts';
import { isEmbedded } from './kernel/stores.ts';
import { type Addresses, startSyntra } from './syntra.ts';

/** After load balancers have had their time: what is still going on after this long is cut off; the log has it all. */
const drainDeadlineMs = 20_000;

const main = async (): Promise<void> => {
  // A terminal or a pipe that is gone is no reason to end, least of all while what was accepted is being finished.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const [name = '', ...argv] = process.argv.slice(2);
  if (name === '--help' || name === '-h') {
    console.log(usage);
    process.exit(0);
  }
  if (/^[^-]/.test(name)) {
    await runCommand(name, argv);
    process.exit(0);
  }
  performance.mark('imports');
  const config = readConfig(process.argv.slice(2));
  const print = printTo(process.stderr, config.logLevel);
  for (const name of config.unknown) print('warn', `There is no setting ${name}: it is ignored.`);
  const stops = collectStops();
  const isStopping = stopOnSignals(stops, config.drainDelayMs, print);
  if (config.startedByNpm) endWithParent();
  try {
    const directory = isEmbedded(config) ? await takeDirectory(config.dataDir, stops.add) : undefined;
    const addresses = await startSyntra(config, print, stops.add);
    await directory?.tellPorts(addresses);
    greet(config.roles, addresses, performance.now());
    giveBackWhenIdle();
  } catch (error) {
    // What is pulled away under a start that is told to stop fails, and is no news.
    if (isStopping()) return;
    // Why it did not start is worth more than why it could not be ended.
    await stops.run().catch(() => {});
    throw error;
  }
};

/** Before anything is started: a start can take a minute, and as the first process of a container nothing else ends us. */
const stopOnSignals = (stops: Stops, drainDelayMs: number, print: Report): (() => boolean) => {
  let stopping = false;
  const stop = async (signal: string): Promise<void> => {
    if (stopping) return;
    stopping = true;
    print('info', `${signal}: finishing what was accepted…`);
    setTimeout(() => {
      print('error', `Not done after ${drainDeadlineMs / 1000} s: stopping anyway. What was accepted is on the log.`);
      process.exit(1);
    }, drainDelayMs + drainDeadlineMs).unref();
    await stops.run();
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(signal));
  return () => stopping;
};

/** npm ends at a signal without passing it on; whoever stops npm means what npm runs. */
const endWithParent = (): void => {
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && process.kill(process.pid, 'SIGTERM'), 1000).unref();
};

const usage = `node main.ts [--role ROLE]…   runs Syntra, or these roles of it: ${roles.join(', ')}
node main.ts backup --to DIR
node main.ts restore --from DIR
node main.ts ${replayUsage}

The README lists the settings, which are environment variables.`;

const runCommand = async (name: string, argv: readonly string[]): Promise<void> => {
  const { commands } = await import('./commands.ts');
  const command = commands.get(name);
  if (command === undefined) {
    throw new OperatorError(
      `There is no command ${name}: choose from ${[...commands.keys()].join(', ')}, or none to start.`,
    );
  }
  await command(argv, (line) => console.log(line));
};

/** Holds the directory of the embedded stores, and tells in it where this process listens while it does. */
const takeDirectory = async (path: string, onStop: Stops['add']) => {
  const directory = await holdDataDirectory(path);
  onStop(async () => directory.release());
  const portsFile = join(path, 'ports.json');
  // A run that was killed could not take its ports away.
  await rm(portsFile, { force: true });
  return {
    async tellPorts({ http, otlpHttp, otlpGrpc }: Addresses) {
      await writeFile(
        portsFile,
        JSON.stringify({ http: http.port, otlpHttp: otlpHttp?.port, otlpGrpc: otlpGrpc?.port }),
      );
      onStop(() => rm(portsFile, { force: true }));
    },
  };
};

const greet = (present: readonly Role[], { http, otlpHttp, otlpGrpc }: Addresses, startedMs: number): void => {
  const all = present.length === roles.length;
  const lines = [
    `Syntra is ready (${(startedMs / 1000).toFixed(1)} s)${all ? '' : `, as ${present.join(' and ')}`}`,
    '',
    `${present.includes('api') ? 'Explorer   ' : 'Operations '} ${http.url}`,
    ...(otlpHttp ? [`OTLP/HTTP   ${otlpHttp.url}`] : []),
    ...(otlpGrpc ? [`OTLP/gRPC   ${otlpGrpc.url}`] : []),
    ...(all ? ['', 'Nothing to send yet? npm run demo starts a small shop that talks to this address.'] : []),
  ];
  process.stdout.write(`\n${lines.map((line) => (line === '' ? '' : `  ${line}`)).join('\n')}\n\n`);
};

/** What an operator can put right is said in a sentence; anything else is a fault of ours, and its stack helps. */
const explain = (error: unknown): unknown => {
  if (error instanceof OperatorError) return error.message;
  const { code, port, address } = error as NodeJS.ErrnoException & { port?: number; address?: string };
  if (code === 'EADDRINUSE') {
    return `Port ${port} on ${address} is in use: stop what listens there, or choose other ports with SYNTRA_PORT, SYNTRA_OTLP_HTTP_PORT and SYNTRA_OTLP_GRPC_PORT.`;
  }
  if (code === 'EADDRNOTAVAIL') return `This machine has no address ${address}: set SYNTRA_HOST to one that it has.`;
  return error;
};

try {
  await main();
} catch (error) {
  console.error(explain(error));
  process.exit(1);
}
