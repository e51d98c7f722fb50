/**
 * Records the corpus anew: `node bench/record-corpus.ts`. What the official SDKs send while the demo shop is visited for
 * some seconds, two of its faults among them, and while the programs of ingest/interop send their letters in Python, Go
 * and Java. Each request is kept as its exporter wrote it, but for the names of this machine (`scrub.ts`).
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { startShop } from '../docs/shop/shop.ts';
import { cached, run } from '../ingest/interop/toolchain.ts';
import { type Signal, signals, writeCorpus } from './corpus-file.ts';
import { scrub } from './scrub.ts';

const requestsPerSecond = 60;
const quietSeconds = 8;
const faultySeconds = 4;
const root = join(import.meta.dirname, '..');
const machine = { paths: [root, homedir(), tmpdir()] };

const main = async (): Promise<void> => {
  const receiver = await startReceiver();
  try {
    await visitShop(receiver.url);
    for (const send of [sendFromPython, sendFromGo, sendFromJava]) await send(receiver.url);
  } finally {
    await receiver.close();
  }
  for (const signal of signals) {
    const requests = receiver.received[signal];
    for (const request of requests) scrub(request, machine);
    console.log(`${signal}: ${requests.length} requests, ${writeCorpus(signal, requests)} bytes on disk`);
  }
};

interface Receiver {
  readonly url: string;
  readonly received: Readonly<Record<Signal, Buffer[]>>;
  close(): Promise<void>;
}

/** Says yes to everything, and keeps it. */
const startReceiver = async (): Promise<Receiver> => {
  const received: Record<Signal, Buffer[]> = { traces: [], logs: [], metrics: [] };
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    const signal = signals.find((name) => request.url === `/v1/${name}`);
    const plain = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
    if (signal !== undefined && plain.length > 0) received[signal].push(plain);
    response.writeHead(signal === undefined ? 404 : 200, { 'content-type': 'application/x-protobuf' }).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    async close() {
      server.close().closeAllConnections();
      await once(server, 'close');
    },
  };
};

const visitShop = async (otlpHttpUrl: string): Promise<void> => {
  const shop = await startShop({ otlpHttpUrl, requestsPerSecond });
  try {
    await sleep(quietSeconds * 1000);
    for (const fault of ['card-declined', 'expired-session'] as const) shop.setFault(fault, true);
    await sleep(faultySeconds * 1000);
  } finally {
    await shop.stop();
  }
};

const interop = join(root, 'ingest/interop');
const settings = (language: string, url: string): Record<string, string> => ({
  OTEL_SERVICE_NAME: `letters-${language}`,
  OTEL_RESOURCE_ATTRIBUTES: 'service.namespace=shop,service.version=1.2.3,deployment.environment.name=production',
  OTEL_EXPORTER_OTLP_ENDPOINT: url,
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
});

// Built as the tests of ingest/interop build them, and from the same cache.

const sendFromPython = async (url: string): Promise<void> => {
  const sources = join(interop, 'python');
  const packages = await cached('python', sources, async (into) => {
    const requirements = join(sources, 'requirements.txt');
    await run('python3', ['-m', 'pip', 'install', '--quiet', '--target', into, '--requirement', requirements]);
  });
  const env = { ...settings('python', url), PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: '1' };
  await run('python3', [join(sources, 'send.py')], { env });
};

const sendFromGo = async (url: string): Promise<void> => {
  const sources = join(interop, 'go');
  const directory = await cached('go', sources, async (into) => {
    await run('go', ['build', '-o', join(into, 'send'), '.'], { cwd: sources });
  });
  await run(join(directory, 'send'), [], { env: settings('go', url) });
};

const sendFromJava = async (url: string): Promise<void> => {
  const sources = join(interop, 'java');
  const directory = await cached('java', sources, async (into) => {
    const pom = ['--quiet', '--batch-mode', '--file', join(sources, 'pom.xml')];
    await run('mvn', [...pom, 'dependency:copy-dependencies', `-DoutputDirectory=${into}`]);
    await run('javac', ['-encoding', 'UTF-8', '-cp', `${into}/*`, '-d', into, join(sources, 'Send.java')]);
  });
  const classPath = [directory, `${directory}/*`].join(delimiter);
  await run('java', ['-cp', classPath, 'Send'], { env: settings('java', url) });
};

await main();
