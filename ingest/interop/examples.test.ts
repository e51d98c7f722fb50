/**
 * The four examples of opentelemetry-proto, over every transport and in every encoding, come back from the API field by
 * field. They are of 2018, so they also prove that old data is data.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'vitest';
import { type RunningSyntra, startSyntra } from '../../docs/guide/start-syntra.ts';
import { expectLinesBack, expectPointsBack, expectSpansBack } from './come-back.ts';
import { type Request, transports } from './send.ts';

const example = (name: string): Request =>
  JSON.parse(readFileSync(join(import.meta.dirname, '../../kernel/otlp/fixtures/examples', `${name}.json`), 'utf8'));

describe.each(Object.entries(transports))('the examples of opentelemetry-proto over %s', (_, send) => {
  // They carry the same ids each time: every transport needs a place where nothing has arrived before.
  let syntra: RunningSyntra;
  beforeEach(async () => {
    syntra = await startSyntra();
  });
  afterEach(() => syntra?.stop());

  test('come back as they were sent', async () => {
    await send(syntra, 'traces', example('trace'));
    await send(syntra, 'logs', example('logs'));
    await send(syntra, 'logs', example('events'));
    await send(syntra, 'metrics', example('metrics'));
    await expectSpansBack(syntra.url, example('trace'));
    await expectLinesBack(syntra.url, example('logs'));
    await expectLinesBack(syntra.url, example('events'));
    await expectPointsBack(syntra.url, example('metrics'));
  });
});
