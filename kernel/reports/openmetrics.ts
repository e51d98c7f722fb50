/**
 * Writes metrics as text: OpenMetrics 1.0 (https://prometheus.io/docs/specs/om/open_metrics_spec/) or, for scrapers that
 * do not know it, Prometheus' text format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/).
 */

/** Everything of one name. Names end with the unit, where there is one, and never with `_total`: that is added. */
export interface MetricFamily {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'info' | 'histogram';
  readonly unit?: 'seconds' | 'bytes';
  /** One sentence. */
  readonly help: string;
  readonly metrics: readonly Metric[];
}

export interface Metric {
  readonly labels: Readonly<Record<string, string | number>>;
  /** A histogram has its buckets here: `bounds[i]` and how many values were at most that and above the one before. */
  readonly value: number | HistogramValue;
}

export interface HistogramValue {
  readonly bounds: readonly number[];
  /** One more than bounds. */
  readonly counts: readonly number[];
  readonly sum: number;
}

export type TextFormat = 'openmetrics' | 'prometheus';

export const contentTypes: Readonly<Record<TextFormat, string>> = {
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
};

export const writeMetrics = (families: readonly MetricFamily[], format: TextFormat): string => {
  const lines = families.filter(({ metrics }) => metrics.length > 0).flatMap((family) => linesOf(family, format));
  if (format === 'openmetrics') lines.push('# EOF');
  return `${lines.join('\n')}\n`;
};

const linesOf = (family: MetricFamily, format: TextFormat): string[] => {
  const { name, type, unit, help, metrics } = family;
  const isOpen = format === 'openmetrics';
  const sampleName = `${name}${suffixes[type]}`;
  // The older format knows families by the names of their samples, has no units and no infos.
  const familyName = isOpen ? name : sampleName;
  return [
    `# TYPE ${familyName} ${!isOpen && type === 'info' ? 'gauge' : type}`,
    ...(isOpen && unit ? [`# UNIT ${familyName} ${unit}`] : []),
    `# HELP ${familyName} ${isOpen ? escapeQuoted(help) : escapeLines(help)}`,
    ...metrics.flatMap(({ labels, value }) =>
      typeof value === 'number'
        ? [`${sampleName}${labelText(labels)} ${numberText(value)}`]
        : histogramLines(name, labels, value),
    ),
  ];
};

const suffixes = { counter: '_total', gauge: '', info: '_info', histogram: '' } as const;

const histogramLines = (
  name: string,
  labels: Metric['labels'],
  { bounds, counts, sum }: HistogramValue,
): readonly string[] => {
  let upTo = 0;
  const buckets = counts.map((count, i) => {
    upTo += count;
    const le = numberText(bounds[i] ?? Number.POSITIVE_INFINITY);
    return `${name}_bucket${labelText({ ...labels, le })} ${upTo}`;
  });
  const all = labelText(labels);
  return [...buckets, `${name}_count${all} ${upTo}`, `${name}_sum${all} ${numberText(sum)}`];
};

const labelText = (labels: Metric['labels']): string => {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeQuoted(String(value))}"`);
  return pairs.length > 0 ? `{${pairs.join(',')}}` : '';
};

const escapeLines = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
const escapeQuoted = (text: string): string => escapeLines(text).replaceAll('"', '\\"');

/**
 * As the specification wants it of bounds, so that all programs write the same series: always with a point, with an
 * exponent of two digits at least from a million on and below a ten-thousandth.
 */
const numberText = (value: number): string => {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  if (Number.isNaN(value)) return 'NaN';
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e6 || size < 1e-4)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
};
