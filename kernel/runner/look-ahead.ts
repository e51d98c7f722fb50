/** The batch after the one in hand, read and begun while that one is being stored. */
import type { PartitionReader } from '../log/log.ts';
import type { Sink } from '../processor.ts';
import { type StartedBatch, startBatch } from './started-batch.ts';

export interface LookAhead {
  /** Of a sink that makes rows ahead, begins with the batch at this offset; there is never more than one. */
  begin(offset: number): void;
  /** What was begun at this offset, once it is read; undefined when nothing was, or nothing came for a while. */
  take(offset: number): Promise<StartedBatch | undefined>;
  drop(): void;
}

export const lookAhead = (sink: Sink, partition: PartitionReader): LookAhead => {
  let next: { readonly offset: number; readonly started: Promise<StartedBatch | undefined> } | undefined;

  const drop = (): void => {
    next?.started.then(
      (batch) => batch?.drop(),
      () => {},
    );
    next = undefined;
  };

  return {
    begin(offset) {
      drop();
      if (sink.makesRowsAhead !== true) return;
      next = { offset, started: startBatch(sink, partition, { offset, begun: {}, replay: undefined }) };
      // Told to whoever takes it.
      next.started.catch(() => {});
    },
    async take(offset) {
      if (next?.offset !== offset) {
        drop();
        return undefined;
      }
      const { started } = next;
      next = undefined;
      return started;
    },
    drop,
  };
};
