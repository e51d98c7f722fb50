/**
 * The steps between which a crash must do no harm, each named where it is taken. They are published on a diagnostics
 * channel of Node's, which costs nothing while nobody listens; the fault suite listens, and kills the process there.
 */
import { channel } from 'node:diagnostics_channel';

export type Step =
  | 'ingest: request read'
  | 'ingest: appended'
  | 'log: records written'
  | 'log: committed'
  | 'sink: batch read'
  | 'sink: extent noted'
  | 'sink: rows sent'
  | 'sink: rows inserted'
  | 'sink: rows stored'
  | 'sink: dead letters appended'
  | 'sink: place moved'
  | 'decider: batch read'
  | 'decider: place moved'
  | 'decider: states saved'
  | 'decider: outbox saved'
  | 'decider: committed'
  | 'decider: outbox appended'
  | 'decider: outbox emptied'
  | 'decider: place noted';

export const stepsChannel = 'syntra:steps';

const steps = channel(stepsChannel);

/** Says that this step was just taken. */
export const reached = (step: Step): void => {
  if (steps.hasSubscribers) steps.publish(step);
};
