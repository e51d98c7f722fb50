/** What is drawn of the recorded figures, and where it bends. */
import { currentOf } from './figures.ts';
import { kneeOf, type Plot, type Point } from './plot.ts';
import { type Result, show } from './results.ts';

export interface GrowthPlot extends Plot {
  /** Of its file, beside README.md. */
  readonly file: string;
  /** For each series, where it bends. */
  readonly words: string;
}

/** How the name of a figure is read: the groups `series` and `x`. */
interface Wanted {
  readonly bench: string;
  readonly file: string;
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly pattern: RegExp;
  /** Of one on the axis, e.g. a million. */
  readonly factor?: number;
}

const wanted: readonly Wanted[] = [
  {
    bench: 'growth',
    file: 'growth-processors.svg',
    title: 'Throughput by processes that store',
    xLabel: 'processes',
    yLabel: 'spans/s stored',
    pattern: /^growth\.processors\.(?<x>\d+)\.(?<series>spans)$/,
  },
  ...(['services', 'keys', 'followers'] as const).map((what) => ({
    bench: 'growth',
    file: `growth-${what}.svg`,
    title: { services: 'Memory by services', keys: 'Memory by attribute keys', followers: 'Memory by followers' }[what],
    xLabel: { services: 'services', keys: 'different keys', followers: 'followers of the live tail' }[what],
    yLabel: 'MB resident at most',
    pattern: new RegExp(`^growth\\.${what}\\.(?<x>\\d+)\\.(?<series>memory)$`),
  })),
  {
    bench: 'queries',
    file: 'growth-queries.svg',
    title: 'Query times by size of the store',
    xLabel: 'spans',
    yLabel: 'ms, p95',
    pattern: /^queries\.(?<x>\d+)m\.(?<series>(?!.*\.otel$).+)$/,
    factor: 1e6,
  },
];

/** Those of which there are two points at least. */
export const growthPlots = (results: readonly Result[]): GrowthPlot[] =>
  wanted.flatMap(({ bench, pattern, factor = 1, ...plot }) => {
    const series = new Map<string, Point[]>();
    for (const { name, value } of currentOf(bench, results)) {
      const { x, series: line } = pattern.exec(name)?.groups ?? {};
      if (x === undefined || line === undefined) continue;
      series.set(line, [...(series.get(line) ?? []), { x: Number(x) * factor, y: value }]);
    }
    if (![...series.values()].some((points) => points.length >= 2)) return [];
    return [{ ...plot, series, words: wordsOf(series, plot.xLabel) }];
  });

const wordsOf = (series: ReadonlyMap<string, readonly Point[]>, unit: string): string =>
  [...series]
    .map(([name, points]) => {
      const knee = kneeOf(points);
      const start = series.size > 1 ? `\`${name}\`: ` : '';
      return knee ? `${start}the knee is at ${show(knee.x)} ${unit} (${show(knee.y)})` : `${start}no knee`;
    })
    .join('; ');
