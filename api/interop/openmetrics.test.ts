/** Prometheus' own parsers read /metrics of a running Syntra, in the new format and in the old one. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningSyntra, startSyntra } from '../../docs/guide/start-syntra.ts';
import { cached, isHere, run } from '../../ingest/interop/toolchain.ts';

const python = isHere({
  name: 'Python',
  probes: [['python3', '-c', 'import sys, pip; assert sys.version_info >= (3, 10)']],
  howToGet: 'install Python 3.10 or later with pip (Debian: apt-get install python3-pip).',
});
const sources = join(import.meta.dirname, 'python');

interface Scraped {
  readonly contentType: string;
  readonly families: Readonly<
    Record<
      string,
      {
        readonly type: string;
        readonly unit: string;
        readonly help: string;
        readonly samples: readonly (readonly [name: string, labels: Readonly<Record<string, string>>, value: number])[];
      }
    >
  >;
}

describe.skipIf(!python)('prometheus_client', () => {
  let syntra: RunningSyntra;
  let packages: string;

  const scrape = async (format: 'openmetrics' | 'prometheus'): Promise<Scraped> => {
    const env = { PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: '1' };
    return JSON.parse(await run('python3', [join(sources, 'scrape.py'), `${syntra.url}/metrics`, format], { env }));
  };
  const send = async (body: string): Promise<number> => {
    const headers = { 'content-type': 'application/json' };
    return (await fetch(`${syntra.otlpHttpUrl}/v1/traces`, { method: 'POST', headers, body })).status;
  };

  beforeAll(async () => {
    packages = await cached('openmetrics', sources, async (into) => {
      const requirements = join(sources, 'requirements.txt');
      await run('python3', ['-m', 'pip', 'install', '--quiet', '--target', into, '--requirement', requirements]);
    });
    syntra = await startSyntra();
    const time = `${Date.now()}000000`;
    const good = {
      traceId: '5b8aa5a2d2c872e8321cf37308d69df2',
      spanId: '051581bf3cb55c13',
      name: 'hello',
      startTimeUnixNano: time,
      endTimeUnixNano: time,
    };
    const spans = [good, { ...good, traceId: '00' }];
    expect(await send(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }))).toBe(200);
    expect(await send('{"resourceSpans":')).toBe(400);
  });
  afterAll(() => syntra?.stop());

  test('reads OpenMetrics, with units, histograms and what was just sent', async () => {
    const figureOf = (scraped: Scraped, name: string, wanted: Readonly<Record<string, string>>) =>
      scraped.families[name.replace(/_(total|count|info)$/, '')]?.samples.find(
        ([sample, labels]) =>
          sample === name && Object.entries(wanted).every(([label, value]) => labels[label] === value),
      )?.[2];
    let scraped = await scrape('openmetrics');
    // Figures are some seconds old at most.
    await expect
      .poll(async () => {
        scraped = await scrape('openmetrics');
        return figureOf(scraped, 'syntra_processor_records_total', { processor: 'store-spans', outcome: 'kept' });
      })
      .toBeGreaterThan(0);
    expect(scraped.contentType).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(figureOf(scraped, 'syntra_ingest_accepted_records_total', { signal: 'traces' })).toBe(1);
    expect(figureOf(scraped, 'syntra_ingest_rejected_records_total', { reason: 'id-length' })).toBe(1);
    expect(figureOf(scraped, 'syntra_ingest_refused_requests_total', { reason: 'malformed' })).toBe(1);
    expect(figureOf(scraped, 'syntra_processor_batch_seconds_count', { processor: 'store-spans' })).toBeGreaterThan(0);
    for (const store of ['log', 'telemetry', 'state']) expect(figureOf(scraped, 'syntra_store_up', { store })).toBe(1);
    expect(scraped.families).toMatchObject({
      syntra_instance: { type: 'info' },
      process_cpu_seconds: { type: 'counter', unit: 'seconds' },
      syntra_processor_batch_seconds: { type: 'histogram', unit: 'seconds' },
      syntra_processor_batch_records: { type: 'histogram', unit: '' },
      syntra_processor_lag_records: { type: 'gauge' },
      syntra_disk_free_bytes: { type: 'gauge', unit: 'bytes' },
    });
    const silent = Object.entries(scraped.families).filter(([, { help, samples }]) => help === '' || !samples.length);
    expect(silent).toEqual([]);
  });

  test('reads the older format, with the same samples', async () => {
    const [older, newer] = [await scrape('prometheus'), await scrape('openmetrics')];
    expect(older.contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
    const namesOf = ({ families }: Scraped): string[] =>
      [...new Set(Object.values(families).flatMap(({ samples }) => samples.map(([name]) => name)))].sort();
    expect(namesOf(older)).toEqual(namesOf(newer));
    expect(older.families.syntra_processor_batch_seconds!.type).toBe('histogram');
    expect(older.families.process_cpu_seconds!.type).toBe('counter');
  });
});
