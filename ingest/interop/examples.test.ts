/**
 * The four examples of opentelemetry-proto, and requests with all that OTLP has besides, over every transport and in
 * every encoding, come back from the API field by field. The examples are of 2018: old data is data.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningSyntra, startSyntra } from '../../docs/guide/start-syntra.ts';
import { expectLinesBack, expectPointsBack, expectSpansBack } from './come-back.ts';
import { everyLog, everyMetric, everyTrace } from './everything.ts';
import { type Request, transports } from './send.ts';
import { linesIn, pointsIn, spansIn } from './sent.ts';

const example = (name: string): Request =>
  JSON.parse(readFileSync(join(import.meta.dirname, '../../kernel/otlp/fixtures/examples', `${name}.json`), 'utf8'));

test('nothing that is sent is forgotten when looking for it', () => {
  expect(spansIn(example('trace'))).toHaveLength(1);
  expect(linesIn(example('logs'))).toHaveLength(1);
  expect(linesIn(example('events'))).toHaveLength(1);
  expect(pointsIn(example('metrics')).map(({ kind }) => kind)).toEqual([
    'sum',
    'gauge',
    'histogram',
    'exponential_histogram',
  ]);
  expect(spansIn(everyTrace)).toHaveLength(2);
  expect(linesIn(everyLog)).toHaveLength(8);
  expect(pointsIn(everyMetric)).toHaveLength(6);
});

describe.each(Object.entries(transports))('over %s', (_, send) => {
  // The same ids arrive each time: every transport needs a place where nothing has arrived before.
  let syntra: RunningSyntra;
  beforeAll(async () => {
    syntra = await startSyntra();
  });
  afterAll(() => syntra?.stop());

  test('the examples of opentelemetry-proto come back', async () => {
    await send(syntra, 'traces', example('trace'));
    await send(syntra, 'logs', example('logs'));
    await send(syntra, 'logs', example('events'));
    await send(syntra, 'metrics', example('metrics'));
    await expectSpansBack(syntra.url, example('trace'));
    await expectLinesBack(syntra.url, example('logs'));
    await expectLinesBack(syntra.url, example('events'));
    await expectPointsBack(syntra.url, example('metrics'));
  });

  test('spans with everything come back', async () => {
    await send(syntra, 'traces', everyTrace);
    await expectSpansBack(syntra.url, everyTrace);
  });

  test('log records with everything come back', async () => {
    await send(syntra, 'logs', everyLog);
    await expectLinesBack(syntra.url, everyLog);
  });

  test('metrics of every kind come back', async () => {
    await send(syntra, 'metrics', everyMetric);
    await expectPointsBack(syntra.url, everyMetric);
  });
});
