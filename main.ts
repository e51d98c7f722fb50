/** The program: settings, then the stores, then every role on top of them; and the way back when it is told to stop. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readConfig } from './kernel/config.ts';
import { holdDataDirectory } from './kernel/data-directory.ts';
import { OperatorError } from './kernel/operator-error.ts';
import { printTo } from './kernel/own-telemetry/print.ts';
import { type Addresses, startSyntra } from './syntra.ts';

/** What is still going on after this long is cut off; the log has it all. */
const drainDeadlineMs = 20_000;

const main = async (): Promise<void> => {
  // A terminal or a pipe that is gone is no reason to end, least of all while what was accepted is being finished.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const config = readConfig();
  const print = printTo(process.stderr, config.logLevel);
  const directory = await holdDataDirectory(config.dataDir);
  const portsFile = join(config.dataDir, 'ports.json');
  // A run that was killed could not take its ports away.
  await rm(portsFile, { force: true });
  const syntra = await startSyntra(config, print);
  const { http, otlpHttp, otlpGrpc } = syntra.addresses;
  await writeFile(portsFile, JSON.stringify({ http: http.port, otlpHttp: otlpHttp.port, otlpGrpc: otlpGrpc.port }));
  greet(syntra.addresses, performance.now());

  let stopping = false;
  const stop = async (signal: string): Promise<void> => {
    if (stopping) return;
    stopping = true;
    print('info', `${signal}: finishing what was accepted…`);
    setTimeout(() => {
      print('error', `Not done after ${drainDeadlineMs / 1000} s: stopping anyway. What was accepted is on the log.`);
      process.exit(1);
    }, drainDeadlineMs).unref();
    await rm(portsFile, { force: true });
    await syntra.stop();
    directory.release();
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(signal));
};

const greet = ({ http, otlpHttp, otlpGrpc }: Addresses, startedMs: number): void => {
  process.stdout.write(`
  Syntra is ready (${(startedMs / 1000).toFixed(1)} s)

  Explorer    ${http.url}
  OTLP/HTTP   ${otlpHttp.url}
  OTLP/gRPC   ${otlpGrpc.url}

  Nothing to send yet? npm run demo starts a small shop that talks to this address.

`);
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
