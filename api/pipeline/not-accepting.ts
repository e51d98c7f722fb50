/** Why nothing new is accepted, in a sentence, or that there is no reason. */

import { isRunning } from './instance-state.ts';
import type { Instance } from './instances.ts';
import { increaseOf } from './last-minute.ts';

/** As long as a process may take to be heard of for the first time. */
const graceMs = 15_000;

/**
 * @param caughtUpMs since when every process that runs is heard of; undefined while there is much to hear yet
 * @returns null while data is accepted, or while nobody can know
 */
export const whyNotAccepting = (
  instances: readonly Instance[],
  caughtUpMs: number | undefined,
  nowMs: number,
): string | null => {
  const running = instances.filter((instance) => isRunning(instance, nowMs));
  const ingesting = running.filter(({ newest }) => newest.report.ingest !== null);
  if (ingesting.length === 0) {
    if (running.length > 0 && !running.some(hasLog))
      return 'The log does not answer, so it is not known whether data is accepted.';
    const isKnown = caughtUpMs !== undefined && nowMs - caughtUpMs > graceMs;
    return isKnown ? 'No process with the role ingest was heard of lately.' : null;
  }
  return (
    refusalOf(ingesting) ??
    (ingesting.some(hasLog) ? null : 'The log does not answer: senders are asked to come back later.') ??
    (isRefusingAll(ingesting) ? 'Every request of the last minute was refused: the log cannot take more now.' : null)
  );
};

const hasLog = ({ newest }: Instance): boolean =>
  newest.report.stores.every(({ name, answers }) => name !== 'log' || answers);

/** The reason of one of several names its host: the others may have none. */
const refusalOf = (ingesting: readonly Instance[]): string | null => {
  const refusing = ingesting.filter(({ newest }) => newest.report.ingest!.notAccepting !== null);
  const first = refusing[0]?.newest.report;
  if (first === undefined) return null;
  return refusing.length === ingesting.length && ingesting.length === 1
    ? first.ingest!.notAccepting
    : `${first.host}: ${first.ingest!.notAccepting}`;
};

const isRefusingAll = (ingesting: readonly Instance[]): boolean =>
  increaseOf(ingesting, ({ ingest }) => ingest?.refused.unavailable ?? 0) > 0 &&
  increaseOf(ingesting, ({ ingest }) => ingest?.bytes) === 0;
