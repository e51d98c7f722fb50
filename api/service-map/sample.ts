/**
 * How much of a range the service map reads. All of it while that is quick; else every n-th five minutes, which saves
 * reading; and where that leaves too few of them or too much in each, of those every n-th trace, which saves matching
 * callers with the called. Traces are read whole, so that shares and percentiles stay true and counts only need
 * multiplying.
 */
import type { QueryParam } from '../../kernel/telemetry/client.ts';
import { floorTo } from '../steps.ts';

export interface MapSample {
  readonly sampledOneIn: number;
  /** Conditions on `spans` that pick the sample. `trace` is the expression that holds a trace id. */
  where(trace: string): string;
  /** True for a span that ended before reading ends: only then must what it called have been read too. */
  readonly endedWithin: string;
  readonly params: Readonly<Record<string, QueryParam>>;
}

/** Attributes tell who was called: reading those of a million spans takes most of a second of CPU. */
const maxSpans = 1_000_000;
const sliceMs = 300_000;
/** Fewer would not tell of a whole range. */
const minSlices = 6;

/** @param range where there are spans; @param spans how many there are, roughly */
export const mapSample = (range: { readonly fromMs: number; readonly toMs: number }, spans: number): MapSample => {
  const slices = slicesOf(range);
  const oneSliceIn = Math.max(1, Math.min(Math.floor(slices.length / minSlices), Math.ceil(spans / maxSpans)));
  const oneTraceIn = Math.max(1, Math.ceil(spans / oneSliceIn / maxSpans));
  const ofTrace = (trace: string): string =>
    oneTraceIn === 1 ? 'true' : `cityHash64(${trace}) % {oneTraceIn:UInt32} = 0`;
  if (oneSliceIn > 1) {
    // Both numbers of slices are rarely multiples of each other: what was really picked counts.
    const picked = slices.filter((_, i) => i % oneSliceIn === 0);
    return {
      sampledOneIn: Math.round((oneTraceIn * slices.length) / picked.length),
      where: (trace) => `${inProject} AND toUnixTimestamp(${slice}) IN {slices:Array(UInt32)} AND ${ofTrace(trace)}`,
      endedWithin: `toStartOfFiveMinutes(${ended}) = ${slice}`,
      params: { slices: picked, oneTraceIn },
    };
  }
  return {
    sampledOneIn: oneTraceIn,
    where: (trace) => `${inProject}
      AND ${slice} >= fromUnixTimestamp64Milli({readFrom:Int64}) AND ${slice} < fromUnixTimestamp64Milli({readTo:Int64})
      AND received_at >= fromUnixTimestamp64Milli({readFrom:Int64}) - INTERVAL 25 HOUR AND ${ofTrace(trace)}`,
    endedWithin: `${ended} < fromUnixTimestamp64Milli({readTo:Int64})`,
    // Callers may have begun before the range, and those called after it.
    params: { readFrom: slices[0]! * 1000 - sliceMs, readTo: slices.at(-1)! * 1000 + 2 * sliceMs, oneTraceIn },
  };
};

const slice = 'toStartOfFiveMinutes(start_time)';
const ended = 'start_time + toIntervalNanosecond(duration_ns)';
const inProject = 'org = {org:String} AND project = {project:String}';

/** The five minutes of the range, as the tables are sorted by: Unix seconds. */
const slicesOf = ({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): number[] => {
  const first = floorTo(fromMs, sliceMs);
  const count = Math.ceil((toMs - first) / sliceMs);
  return Array.from({ length: count }, (_, i) => (first + i * sliceMs) / 1000);
};
