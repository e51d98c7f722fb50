/** What is reported of spans that were driven through the embedded system. */
import type { Driven } from './drive.ts';
import { noteOf } from './quiet.ts';
import { report, type Target } from './results.ts';
import { refusalsOf } from './run-load.ts';

export interface RateAndCost {
  /** Before what it says: `ingest`, or `ingest.gzip`. */
  readonly name: string;
  readonly driven: Driven;
  /** What is sent as fast as it is acknowledged counts when it is stored. */
  readonly isFullSpeed: boolean;
  readonly targets: { readonly spans?: Target; readonly generator?: Target };
}

/** The rate, and the CPU of each part. */
export const reportRateAndCost = ({ name, driven, isFullSpeed, targets }: RateAndCost): void => {
  const { load, acknowledgedPerSecond, storedPerSecond, drainSeconds, cpu, freshness, quiet } = driven;
  const spans = isFullSpeed ? storedPerSecond : acknowledgedPerSecond;
  report({ name: `${name}.spans`, values: spans, unit: 'spans/s', ...(targets.spans && { target: targets.spans }) });
  report({ name: `${name}.drain`, values: drainSeconds, unit: 's from the last answer until all is stored' });
  const unit = 'CPU s per million spans';
  const note = noteOf(quiet);
  report({ name: `${name}.cpu`, values: cpu.all, unit, note });
  for (const [part, cost] of Object.entries(cpu.parts)) {
    report({ name: `${name}.cpu.${part}`, values: cost, unit, note });
  }
  const { generator } = targets;
  report({ name: `${name}.cpu.generator`, values: cpu.generator, unit, ...(generator && { target: generator }) });
  console.log(
    `${load.seconds.toFixed(0)} s, ${freshness.markers} markers, answers p50 ${load.answerP50Ms.toFixed(1)} ms and p99 ${load.answerP99Ms.toFixed(1)} ms, ` +
      `${load.behindSeconds.toFixed(1)} s behind at the end, the generator took ${(load.cpuSeconds / load.seconds).toFixed(2)} of a core, ` +
      `quiet ${quiet.waitedSeconds.toFixed(0)} s after the last was stored, requests not taken: ${refusalsOf(load) || 'none'}`,
  );
};

/** How fresh it was, and the memory meanwhile. */
export const reportFreshnessAndMemory = (name: string, { freshness, memory }: Driven): void => {
  const found = 'ms from acknowledged to found';
  report({ name: `${name}.freshness.p50`, values: freshness.p50Ms, unit: found });
  report({ name: `${name}.freshness.p99`, values: freshness.p99Ms, unit: found, target: { atMost: 5000 } });
  report({
    name: `${name}.memory.peak`,
    values: memory.peakBytes / 1e6,
    unit: 'MB resident',
    target: { atMost: 1500 },
  });
  report({
    name: `${name}.memory.growth`,
    values: memory.growthPerMinute / 1e6,
    unit: 'MB a minute in the second half',
  });
};
