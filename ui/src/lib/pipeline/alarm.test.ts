import { expect, test } from 'vitest';
import { alarmOf, watchFrom } from './alarm.ts';
import { atMs, failingFor, pipelineOf } from './test-pipeline.ts';

const fresh = { notAcceptingSinceMs: null };
const refusing = pipelineOf({ notAccepting: 'No process with the role ingest was heard of lately.' });
const later = (seconds: number) => ({ ...refusing, atMs: atMs + seconds * 1000 });

test('a processor that fails is told of once it lasts', () => {
  expect(alarmOf(pipelineOf({ processors: [failingFor(59)] }), fresh)).toBeNull();
  expect(
    alarmOf(pipelineOf({ processors: [failingFor(5), failingFor(300, { name: 'store-logs' })] }), fresh),
  ).toMatchObject({ headline: 'store-logs fails', because: 'the store is away', sinceMs: atMs - 300_000 });
});

test('that nothing is accepted is told of once two answers say it', () => {
  const once = watchFrom(fresh, refusing);
  expect(alarmOf(refusing, once)).toBeNull();
  const twice = watchFrom(once, later(15));
  expect(alarmOf(later(15), twice)).toMatchObject({ headline: 'Nothing new is accepted', sinceMs: atMs });
  const over = watchFrom(twice, pipelineOf());
  expect(over).toEqual(fresh);
  expect(alarmOf(later(30), watchFrom(over, later(30)))).toBeNull();
});

test('a full disk is told of at once', () => {
  const full = { ...refusing, disks: [{ host: 'one', totalBytes: 100, freeBytes: 3, reserveBytes: 5 }] };
  expect(alarmOf(full, watchFrom(fresh, full))).not.toBeNull();
});
