/** How far a processor is: what waits for it, for how long that has been there, and whether it becomes more. */
import type { PipelineProcessor } from '../../../../api/contract/pipeline.ts';

/** What a record on the log is to people: telemetry lies there as the requests it was sent in. */
export const recordWord = ({ topics }: Pick<PipelineProcessor, 'topics'>, count: number): string => {
  const word = topics.every((topic) => topic.startsWith('otlp.')) ? 'request' : 'event';
  return count === 1 ? word : `${word}s`;
};

export type Progress = 'unknown' | 'even' | 'behind' | 'growing' | 'shrinking';

/** Fewer than this are under way at any moment. */
const notableLag = 20;
const notableSeconds = 5;
/** Two minutes of the history. */
const lookBackSteps = 8;
/** By less than this a lag goes up and down by itself. */
const notableChange = 0.1;

/** unknown: the log does not say. even: nothing waits, or only for a moment. The others tell where it goes. */
export const progressOf = (processor: PipelineProcessor): Progress => {
  const { lag } = processor;
  if (lag === null) return 'unknown';
  const seconds = secondsBehind(processor);
  if (lag < notableLag || (seconds !== null && seconds < notableSeconds)) return 'even';
  const before = processor.history.lag.slice(-lookBackSteps).find((value) => value !== null);
  if (before === undefined || before === null) return 'behind';
  const change = (lag - before) / Math.max(lag, before);
  if (change > notableChange) return 'growing';
  return change < -notableChange ? 'shrinking' : 'behind';
};

/** How long what waits takes at the rate of the last minute; null when nothing moves or nothing is known. */
export const secondsBehind = ({ lag, recordsPerSecond }: PipelineProcessor): number | null => {
  if (lag === 0) return 0;
  return lag === null || recordsPerSecond === 0 ? null : lag / recordsPerSecond;
};
