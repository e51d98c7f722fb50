/** How the whole pipeline is doing, in a sentence: the worst that somebody might act on, else that all is well. */
import type { Pipeline, PipelineProcessor } from '../../../../api/contract/pipeline.ts';
import { formatCompact, formatDuration, formatRate, plain } from '../format.ts';
import { progressOf, recordWord, secondsBehind } from './progress.ts';

export interface PipelineState {
  /** failing: somebody has to act. anomaly: somebody might. watching: it mends itself. usual: all is well. */
  readonly mark: 'failing' | 'anomaly' | 'watching' | 'usual' | 'unknown';
  /** What is, without a full stop. */
  readonly headline: string;
  /** Why, or what is known besides; a sentence or nothing. */
  readonly because: string;
}

export const pipelineState = (pipeline: Pipeline): PipelineState =>
  ofStart(pipeline) ??
  ofIngest(pipeline) ??
  ofFailures(pipeline) ??
  ofStores(pipeline) ??
  ofIdleLog(pipeline) ??
  ofLags(pipeline) ??
  whenAllIsWell(pipeline);

/** Why nothing new, or not all of it, is accepted; undefined while it is. */
export const ofIngest = ({ notAccepting, instances }: Pipeline): PipelineState | undefined => {
  if (notAccepting === null) return undefined;
  const ingesting = instances.filter(({ roles, state }) => roles.includes('ingest') && state === 'running');
  const isOfOneHost = ingesting.some(({ host }) => notAccepting.startsWith(`${host}: `));
  const others = ingesting.some(({ host }) => !notAccepting.startsWith(`${host}: `));
  return {
    mark: 'failing',
    headline: notAccepting.includes('it is not known')
      ? 'It is not known whether anything is accepted'
      : isOfOneHost && others
        ? 'One host accepts nothing new'
        : 'Nothing new is accepted',
    because: notAccepting,
  };
};

/** What fails now; undefined while nothing does. */
export const ofFailures = (pipeline: Pipeline): PipelineState | undefined => {
  const failing = pipeline.processors
    .filter((processor) => processor.failing)
    .sort((a, b) => (b.lag ?? 0) - (a.lag ?? 0));
  const [worst] = failing;
  if (worst === undefined) return undefined;
  const waits =
    worst.lag === null || worst.lag === 0
      ? 'fails'
      : `is ${behind(worst)}${progressOf(worst) === 'growing' ? ' and growing' : ''}`;
  const others = failing.length > 1 ? `, and ${failing.length - 1} more ${failing.length > 2 ? 'fail' : 'fails'}` : '';
  const away = pipeline.stores.filter(({ answers }) => !answers).map(({ engine }) => engine);
  return {
    mark: 'failing',
    headline: `${worst.name} ${waits}${others}`,
    because:
      away.length > 0 ? `${capital(listed(away))} ${away.length > 1 ? 'do' : 'does'} not answer.` : worst.lastError,
  };
};

// ---- helpers, in the order of what is worse

const ofStart = ({ instances }: Pipeline): PipelineState | undefined =>
  instances.length > 0
    ? undefined
    : { mark: 'unknown', headline: 'No process has reported yet', because: 'Each does every 5 seconds.' };

const ofStores = ({ stores }: Pipeline): PipelineState | undefined => {
  const away = stores.filter(({ answers }) => !answers);
  const [first] = away;
  if (first === undefined) return undefined;
  return {
    mark: 'failing',
    headline: `${capital(listed(away.map(({ engine }) => engine)))} ${away.length > 1 ? 'do' : 'does'} not answer`,
    because: first.error,
  };
};

const ofIdleLog = ({ instances }: Pipeline): PipelineState | undefined =>
  instances.some(({ roles, state }) => roles.includes('processors') && state === 'running')
    ? undefined
    : {
        mark: 'failing',
        headline: 'Nothing is processed: no process with the role processors runs',
        because: 'What is accepted waits on the log.',
      };

const ofLags = ({ processors }: Pipeline): PipelineState | undefined => {
  if (processors.some(({ lag }) => lag === null)) {
    return { mark: 'unknown', headline: 'It is not known how much waits', because: 'The log has not said yet.' };
  }
  const late = processors
    .filter((processor) => progressOf(processor) !== 'even')
    .sort((a, b) => (b.lag ?? 0) - (a.lag ?? 0));
  const [worst] = late;
  if (worst === undefined) return undefined;
  const others = late.length > 1 ? `, and ${late.length - 1} more ${late.length > 2 ? 'are' : 'is'} late` : '';
  const progress = progressOf(worst);
  const seconds = secondsBehind(worst);
  const rate = plain(formatRate(worst.recordsPerSecond));
  if (progress === 'shrinking') {
    return {
      mark: 'watching',
      headline: `${worst.name} is catching up: ${waiting(worst)}${others}`,
      because: seconds === null ? '' : `At ${rate} that is the work of ${roughly(seconds)}.`,
    };
  }
  return {
    mark: 'anomaly',
    headline: `${worst.name} is ${behind(worst)}${progress === 'growing' ? ' and growing' : ''}${others}`,
    because:
      seconds === null
        ? 'It has processed nothing for a minute.'
        : `It processes ${rate}. What waits is kept on the log.`,
  };
};

const whenAllIsWell = ({ ingest, processors, openDeadLetters }: Pipeline): PipelineState => {
  const { traces, logs, metrics } = ingest.recordsPerSecond;
  const rate = traces + logs + metrics;
  // A few are always under way: of them alone nothing can be said about time.
  const seconds = Math.max(
    0,
    ...processors.map((processor) => ((processor.lag ?? 0) < underWay ? 0 : (secondsBehind(processor) ?? 0))),
  );
  const waits = processors.some(({ lag }) => lag !== null && lag > 0);
  const known = ingest.history.recordsPerSecond.some((value) => value !== null) || rate > 0;
  const setAside = openDeadLetters ?? 0;
  return {
    // What is set aside is not lost, and not stored either.
    mark: setAside === 0 ? 'usual' : 'watching',
    headline:
      setAside > 0
        ? `${plain(formatCompact(setAside))} ${setAside === 1 ? 'record is' : 'records are'} set aside, everything else is stored`
        : seconds > 0
          ? `Everything that is accepted is stored, ${roughly(seconds)} behind`
          : waits
            ? 'Everything that is accepted is stored as it comes'
            : 'Everything that was accepted is stored',
    because: !known
      ? 'It started a moment ago: rates are known within a minute.'
      : rate === 0
        ? 'Nothing comes in at the moment.'
        : `${plain(formatRate(rate)).replace(/\s?\/(s|min|h)$/, '')} records a ${unitName(formatRate(rate).unit)} come in.`,
  };
};

const underWay = 5;

/** To two digits: it is an estimate. */
const roughly = (seconds: number): string => plain(formatDuration(Number((seconds * 1000).toPrecision(2))));

const unitName = (unit: string): string => (unit.endsWith('/h') ? 'hour' : unit.endsWith('/min') ? 'minute' : 'second');

const waiting = (processor: PipelineProcessor): string => {
  const lag = processor.lag ?? 0;
  return `${plain(formatCompact(lag))} ${recordWord(processor, lag)} ${lag === 1 ? 'waits' : 'wait'}`;
};

const behind = (processor: PipelineProcessor): string => {
  const lag = processor.lag ?? 0;
  return `${plain(formatCompact(lag))} ${recordWord(processor, lag)} behind`;
};

/** `Kafka`, `Kafka and ClickHouse`, `Kafka, ClickHouse and PostgreSQL`. */
const listed = (names: readonly string[]): string =>
  names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
