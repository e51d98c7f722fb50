/** Finding a metric among thousands, and what else to look at beside it. */
import type { MetricName } from '../../../../api/contract/metrics.ts';

/** Every word must occur in the name, description, unit or a service; those whose name begins with the text come first. */
export const searchMetrics = (metrics: readonly MetricName[], text: string): readonly MetricName[] => {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return metrics;
  const first = words[0]!;
  const rank = (metric: MetricName): number => {
    const name = metric.name.toLowerCase();
    return name.startsWith(first) ? 0 : words.every((word) => name.includes(word)) ? 1 : 2;
  };
  return metrics
    .filter((metric) => {
      const readable = [metric.name, metric.description, metric.kind, ...metric.services].join(' ').toLowerCase();
      return words.every((word) => readable.includes(word));
    })
    .map((metric) => ({ metric, place: rank(metric) }))
    .sort((a, b) => a.place - b.place)
    .map(({ metric }) => metric);
};

/** Others that the service sends: those whose names share most with this one. */
export const relatedTo = (
  metrics: readonly MetricName[],
  metric: MetricName,
  service: string,
  most: number,
): MetricName[] => {
  const parts = metric.name.split('.');
  const shared = (other: MetricName): number => {
    const others = other.name.split('.');
    let same = 0;
    while (same < parts.length && parts[same] === others[same]) same += 1;
    return same;
  };
  return metrics
    .filter((other) => other.name !== metric.name && other.services.includes(service))
    .map((other) => ({ other, same: shared(other) }))
    .sort((a, b) => b.same - a.same || b.other.services.length - a.other.services.length)
    .slice(0, most)
    .map(({ other }) => other);
};

/** Where to begin: what the semantic conventions call the first things to look at, then what most services send. */
export const firstLooks = (metrics: readonly MetricName[], most: number): MetricName[] => {
  const place = (metric: MetricName): number => {
    const at = wellKnown.findIndex((prefix) => metric.name.startsWith(prefix));
    return at < 0 ? wellKnown.length : at;
  };
  return metrics.toSorted((a, b) => place(a) - place(b) || b.services.length - a.services.length).slice(0, most);
};

// ---- helpers

const wellKnown = [
  'http.server.request.duration',
  'http.server.duration',
  'rpc.server.',
  'http.client.request.duration',
  'db.client.operation.duration',
  'nodejs.eventloop.utilization',
  'process.cpu.',
  'jvm.memory.used',
  'v8js.memory.heap.used',
  'process.memory.',
  'messaging.',
  'db.client.',
  'http.server.',
  'system.',
];
