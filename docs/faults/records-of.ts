/** All records that a topic holds when it is asked, partition by partition. */
import type { Log, LogRecord } from '../../kernel/log/log.ts';

export async function* recordsOf(log: Log, topic: string): AsyncGenerator<LogRecord> {
  const partitions = await log.partitionsOf(topic);
  for (let partition = 0; partition < partitions; partition++) {
    const { endOffset } = await log.extentOf(topic, partition);
    const tail = await log.tail(topic, partition, 'start');
    while (tail.position < endOffset) {
      const records = await tail.next({ maxRecords: 1_000, maxBytes: 2 ** 24 });
      if (records.length === 0) await tail.wait(100);
      yield* records;
    }
  }
}
