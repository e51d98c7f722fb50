/** What ingest took and refused, as metrics. */
import type { Meter } from '@opentelemetry/api';
import type { Count, IngestCounters } from './counters.ts';

export const observeIngest = (meter: Meter, counters: IngestCounters): void => {
  const observe = (name: string, unit: string, read: () => Count[]): void => {
    meter.createObservableCounter(name, { unit }).addCallback((result) => {
      for (const { labels, value } of read()) result.observe(value, labels);
    });
  };
  observe('syntra.ingest.accepted', '{record}', counters.accepted);
  observe('syntra.ingest.rejected', '{record}', counters.rejected);
  observe('syntra.ingest.failed', '{request}', counters.failed);
  observe('syntra.ingest.bytes', 'By', counters.bytes);
};
