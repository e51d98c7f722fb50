/** The program: settings, then the stores, then every role on top of them; and the way back when it is told to stop. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, readConfig } from './kernel/config.ts';
import { DataDirectoryError, holdDataDirectory } from './kernel/data-directory.ts';
import { printTo } from './kernel/own-telemetry/print.ts';
import { EmbeddedPostgresError } from './kernel/state/embedded-error.ts';
import { type Addresses, startSyntra } from './syntra.ts';

/** What is still going on after this long is cut off; the log has it all. */
const drainDeadlineMs = 20_000;

const main = async (): Promise<void> => {
  const config = readConfig();
  const print = printTo(process.stderr, config.logLevel);
  const directory = await holdDataDirectory(config.dataDir);
  const syntra = await startSyntra(config, print);
  const portsFile = join(config.dataDir, 'ports.json');
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

/** Errors a person can do something about: one sentence, no stack. */
const isExpected = (error: unknown): error is Error =>
  error instanceof ConfigError ||
  error instanceof DataDirectoryError ||
  error instanceof EmbeddedPostgresError ||
  ['NewerLogError', 'NewerTablesError', 'StateVersionError', 'IngestKeyFileError', 'EADDRINUSE'].includes(
    (error as Error).name,
  );

try {
  await main();
} catch (error) {
  console.error(isExpected(error) ? error.message : error);
  process.exit(1);
}
