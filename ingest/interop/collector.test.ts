/** Data that comes through an OpenTelemetry Collector is the data that was sent, however the Collector packs it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type RunningSyntra, startSyntra } from '../../docs/guide/start-syntra.ts';
import { expectLinesBack, expectPointsBack, expectSpansBack } from './come-back.ts';
import { type Request, transports } from './send.ts';
import { cached, isHere, run } from './toolchain.ts';

const sources = join(import.meta.dirname, 'collector');
const go = isHere({
  name: 'Go, which the Collector is built with',
  probes: [['go', '-C', sources, 'version']],
  howToGet: 'install Go 1.26 or later, from go.dev or from your distribution.',
});
const ways = ['GRPC_GZIP', 'GRPC_ZSTD', 'HTTP_GZIP', 'HTTP_ZSTD'] as const;
type Way = (typeof ways)[number];

describe.skipIf(!go)('through an OpenTelemetry Collector', () => {
  let syntra: RunningSyntra;
  let collector: ChildProcess;
  let doors: Readonly<Record<Way, string>>;
  const printed: string[] = [];

  beforeAll(async () => {
    const directory = await cached('collector', sources, async (into) => {
      await run('go', ['build', '-ldflags=-s -w', '-o', join(into, 'collector'), '.'], { cwd: sources });
    });
    syntra = await startSyntra();
    const ports = await freePorts(ways.length);
    doors = Object.fromEntries(ways.map((way, i) => [way, `127.0.0.1:${ports[i]}`])) as Record<Way, string>;
    collector = spawn(join(directory, 'collector'), ['--config', `file:${join(sources, 'config.yaml')}`], {
      env: { ...process.env, ...doors, SYNTRA_HTTP: syntra.otlpHttpUrl, SYNTRA_GRPC: new URL(syntra.otlpGrpcUrl).host },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    collector.stderr!.setEncoding('utf8').on('data', (text: string) => printed.push(text));
    await vi.waitFor(() => Promise.all(ways.map((way) => fetch(`http://${doors[way]}`))), { timeout: 30_000 });
  });
  afterAll(async () => {
    if (collector?.exitCode === null) {
      collector.kill('SIGTERM');
      await once(collector, 'exit');
    }
    await syntra?.stop();
  });

  test.each(ways)('%s', async (way) => {
    const to = { otlpHttpUrl: `http://${doors[way]}`, otlpGrpcUrl: '' };
    const send = transports['HTTP with JSON'];
    const [trace, logs, metrics] = ['trace', 'logs', 'metrics'].map((name) => example(name, way));
    await send(to, 'traces', trace!);
    await send(to, 'logs', logs!);
    await send(to, 'metrics', metrics!);
    await expectSpansBack(syntra.url, trace!);
    await expectLinesBack(syntra.url, logs!);
    await expectPointsBack(syntra.url, metrics!);
    expect(printed.join(''), 'what the Collector complained about').toBe('');
  });
});

/** The example as it is, except for its service and its trace: each way sends one of its own. */
const example = (name: string, way: Way): Request => {
  const file = join(import.meta.dirname, '../../kernel/otlp/fixtures/examples', `${name}.json`);
  return JSON.parse(
    readFileSync(file, 'utf8')
      .replaceAll('my.service', way)
      .replaceAll('5B8EFFF798038103', Buffer.from(way.slice(0, 8)).toString('hex').toUpperCase())
      .replaceAll(
        'D269B633813FC60C',
        Buffer.from(`${way.slice(-4)}-way`)
          .toString('hex')
          .toUpperCase(),
      ),
  );
};

/** Free a moment ago: a Collector cannot say which port it took. */
const freePorts = async (count: number): Promise<number[]> => {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
};
