/** Questions about metrics: a quantile of a cumulative histogram by route, and the rate of a counter. */
import { services } from './dataset.ts';
import { boundsSeconds, histogramMetric } from './metrics-sql.ts';
import type { Question } from './question.ts';
import { inSql, inUrl, wholeDay } from './ranges.ts';

const quantiles = { p50: 0.5, p75: 0.75, p90: 0.9, p95: 0.95, p99: 0.99 };
const inProject = 'projects/prj_default/metrics';

export const metricQuestions: readonly Question[] = [
  {
    name: 'metrics.quantile',
    targetMs: 200,
    ask: (dataset, random) => {
      const range = wholeDay(dataset, random);
      const service = random.pick(services);
      const aggregation = random.pick(Object.keys(quantiles) as (keyof typeof quantiles)[]);
      return {
        path: `${inProject}/${histogramMetric}/query?${inUrl(range)}&q=service:${service}&aggregation=${aggregation}&groupBy=http.route&maxSeries=20`,
        otel: `SELECT route, step, arrayFirstIndex(part -> part >= ${quantiles[aggregation]}, arrayMap(sum -> sum / total, arrayCumSum(counts))) AS bucket,
            ${JSON.stringify(boundsSeconds)}[bucket] AS upper
          FROM (
            SELECT route, step, sumForEach(arrayMap((now, before) -> greatest(0, toInt64(now) - toInt64(before)), last, previous)) AS counts, arraySum(counts) AS total
            FROM (
              SELECT route, step, last, lagInFrame(last, 1, last) OVER (PARTITION BY route, instance ORDER BY step ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS previous
              FROM (
                SELECT Attributes['http.route'] AS route, ResourceAttributes['service.instance.id'] AS instance,
                  toStartOfInterval(TimeUnix, INTERVAL 15 MINUTE) AS step, argMax(BucketCounts, TimeUnix) AS last
                FROM otel.otel_metrics_histogram
                WHERE MetricName = '${histogramMetric}' AND ServiceName = '${service}' AND ${inSql(range, 'TimeUnix')}
                GROUP BY route, instance, step
              )
            )
            GROUP BY route, step
          )`,
        holds: 'series',
      };
    },
  },
  {
    name: 'metrics.rate',
    ask: (dataset, random) => {
      const range = wholeDay(dataset, random);
      return {
        path: `${inProject}/process.counter.${random.number(10)}/query?${inUrl(range)}&aggregation=rate&groupBy=service.name&maxSeries=30`,
        holds: 'series',
      };
    },
  },
];
