import { describe, expect, test } from 'vitest';
import type { PipelineProcessor, PipelineStore } from '../../../../api/contract/pipeline.ts';
import { pipelineState } from './state.ts';
import { failingFor, instanceOf, pipelineOf, processorOf } from './test-pipeline.ts';

const said = (given: Parameters<typeof pipelineOf>[0]): [string, string, string] => {
  const { mark, headline, because } = pipelineState(pipelineOf(given));
  return [mark, headline.replaceAll('\u2009', ' '), because.replaceAll('\u2009', ' ')];
};
const lags = (...values: readonly number[]): PipelineProcessor['history'] => ({
  recordsPerSecond: [],
  lag: [...Array<null>(60 - values.length).fill(null), ...values],
});
const away: PipelineStore[] = [
  { name: 'telemetry', engine: 'ClickHouse', answers: false, pingMs: 2000, error: 'Nothing listens.' },
];

describe('all is well', () => {
  test('and nothing waits', () => {
    expect(said({})).toEqual(['usual', 'Everything that was accepted is stored', '1 240 records a second come in.']);
  });
  test('while as much waits as is under way at any moment', () => {
    const processors = [processorOf({ lag: 40, recordsPerSecond: 50 })];
    expect(said({ processors })[1]).toBe('Everything that is accepted is stored, 800 ms behind');
    expect(said({ processors: [processorOf({ lag: 2, recordsPerSecond: 0.1 })] })[1]).toBe(
      'Everything that is accepted is stored as it comes',
    );
  });
  test('but for what is set aside, which is not stored', () => {
    expect(said({ openDeadLetters: 1 }).slice(0, 2)).toEqual([
      'watching',
      '1 record is set aside, everything else is stored',
    ]);
  });
  test('while nothing comes, which is not the same as not to know', () => {
    const { ingest } = pipelineOf();
    const silent = { ...ingest, recordsPerSecond: { traces: 0, logs: 0, metrics: 0 } };
    expect(said({ ingest: silent })[2]).toBe('Nothing comes in at the moment.');
    const history = { recordsPerSecond: [null], refusedPerSecond: [null] };
    expect(said({ ingest: { ...silent, history } })[2]).toBe(
      'It started a moment ago: rates are known within a minute.',
    );
  });
});

describe('somebody has to act', () => {
  test('when nothing is accepted, whatever else is wrong', () => {
    const notAccepting = 'The disk of the data directory is nearly full: 1.2 GiB free.';
    expect(said({ notAccepting, processors: [failingFor(600)] })).toEqual([
      'failing',
      'Nothing new is accepted',
      notAccepting,
    ]);
  });
  test('when one host of several accepts nothing, or nobody knows', () => {
    const instances = [instanceOf(), instanceOf({ host: 'two' })];
    expect(said({ instances, notAccepting: 'two: The disk is nearly full.' })[1]).toBe('One host accepts nothing new');
    const notKnown = 'The log does not answer, so it is not known whether data is accepted.';
    expect(said({ notAccepting: notKnown })[1]).toBe('It is not known whether anything is accepted');
  });
  test('when a processor fails, because a store is away', () => {
    const processors = [failingFor(600, { lag: 1_200_000, history: lags(600_000, 900_000) }), failingFor(9)];
    expect(said({ processors, stores: away })).toEqual([
      'failing',
      'store-spans is 1.2 M requests behind and growing, and 1 more fails',
      'ClickHouse does not answer.',
    ]);
  });
  test('when a processor fails for a reason of its own', () => {
    expect(said({ processors: [failingFor(600)] })).toEqual(['failing', 'store-spans fails', 'the store is away']);
  });
  test('when a store is away that nobody needs just now', () => {
    expect(said({ stores: away })).toEqual(['failing', 'ClickHouse does not answer', 'Nothing listens.']);
  });
  test('when no process processes', () => {
    const instances = [instanceOf({ roles: ['ingest', 'api'] }), instanceOf({ state: 'late' })];
    expect(said({ instances })[1]).toBe('Nothing is processed: no process with the role processors runs');
  });
});

describe('behind', () => {
  test.each([
    ['growing', 'anomaly', 'store-spans is 5 k requests behind and growing', lags(2000, 3000)],
    ['neither', 'anomaly', 'store-spans is 5 k requests behind', lags(5000, 5000)],
    ['shrinking', 'watching', 'store-spans is catching up: 5 k requests wait', lags(9000, 7000)],
    ['without a history', 'anomaly', 'store-spans is 5 k requests behind', lags()],
  ] as const)('%s', (_where, mark, headline, history) => {
    const processors = [processorOf({ lag: 5000, recordsPerSecond: 100, history })];
    expect(said({ processors }).slice(0, 2)).toEqual([mark, headline]);
  });
  test('and nothing moves', () => {
    expect(said({ processors: [processorOf({ lag: 50, topics: ['services.seen'] })] })).toEqual([
      'anomaly',
      'store-spans is 50 events behind',
      'It has processed nothing for a minute.',
    ]);
  });
});

test('what is not known is not said to be well', () => {
  expect(said({ processors: [processorOf(), processorOf({ lag: null })] })[0]).toBe('unknown');
  expect(said({ instances: [], processors: [] })[1]).toBe('No process has reported yet');
});
