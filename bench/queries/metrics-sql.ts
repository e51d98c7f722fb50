/** Points of a cumulative histogram of 2,400 series, 20 routes for each instance of a service, and counters beside it. */
import { type Dataset, dayMs, instancesPerService, literal, nouns, services } from './dataset.ts';

export const histogramMetric = 'http.server.request.duration';
export const routesPerService = 20;
const counters = 10;
export const boundsSeconds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** Small sets have points every ten minutes, the others every minute. */
export const pointsEveryMs = ({ spans }: Pick<Dataset, 'spans'>): number => (spans < 5_000_000 ? 600_000 : 60_000);
export const reportsOf = (dataset: Dataset): number => dayMs / pointsEveryMs(dataset);

const instances = services.length * instancesPerService;
/** Of one report of every instance. */
export const pointsPerReport = instances * (routesPerService + counters);

/** All points of `count` reports, from the report `first` on. */
export const insertPoints = (dataset: Dataset, first: number, count: number): string => `
INSERT INTO metric_points (org, project, received_at, retention_days, service, environment, version, host, metric, unit,
  kind, temporality, monotonic, attributes, attribute_types, resource_attributes, resource_attribute_types, scope_name,
  scope_version, time, start_time_unix_nano, value_type, value_int, count, sum, bounds, bucket_counts)
WITH ${literal(services)} AS service_names, ${literal(nouns)} AS nouns
SELECT 'org_default', 'prj_default', fromUnixTimestamp64Milli(at_ms + 1500, 'UTC'), 30, service_name, environment, version,
  host, if(is_histogram, '${histogramMetric}', concat('process.counter.', toString(item - ${routesPerService}))),
  if(is_histogram, 's', '1'),
  CAST(if(is_histogram, 'histogram', 'sum'), 'Enum8(\\'gauge\\' = 1, \\'sum\\' = 2, \\'histogram\\' = 3, \\'exponential_histogram\\' = 4, \\'summary\\' = 5)'),
  CAST('cumulative', 'Enum8(\\'unspecified\\' = 0, \\'delta\\' = 1, \\'cumulative\\' = 2)'), true,
  if(is_histogram, map('http.request.method', 'GET', 'http.route', concat('/', service_name, '/', nouns[1 + item]), 'http.response.status_code', '200'), map('pool', 'main')),
  if(is_histogram, 'ssi', ''),
  mapFromArrays(
    CAST(['service.name', 'service.version', 'service.instance.id', 'deployment.environment.name', 'host.name', 'host.arch', 'os.type', 'process.pid', 'process.runtime.name', 'process.runtime.version', 'telemetry.sdk.language', 'telemetry.sdk.version'], 'Array(LowCardinality(String))'),
    [service_name, version, hex(cityHash64(service, instance)), environment, host, 'amd64', 'linux', toString(100 + service * 7 + instance), 'nodejs', '24.21.0', 'nodejs', '2.7.0']),
  'sssssssissss', '@opentelemetry/instrumentation-http', '0.210.0',
  fromUnixTimestamp64Milli(at_ms, 'UTC'), toUInt64(${dataset.endMs - dayMs}) * 1000000 - 60000000000,
  CAST(if(is_histogram, 'none', 'int'), 'Enum8(\\'none\\' = 0, \\'double\\' = 1, \\'int\\' = 2)'),
  if(is_histogram, 0, toInt64(report) * (3 + item) + toInt64(hash % 3)),
  arraySum(counts), if(is_histogram, arraySum(counts) * 0.06, NULL),
  if(is_histogram, ${literal(boundsSeconds)}, []), counts
FROM (
  SELECT *, service_names[1 + service] AS service_name,
    concat('2.', toString(intDiv(service, 3)), '.0') AS version,
    if(instance = 3, 'staging', 'production') AS environment,
    concat('node-', toString((service * 4 + instance) % 40), '.eu-central-1.internal') AS host,
    item < ${routesPerService} AS is_histogram, cityHash64(report, who, item) AS hash,
    if(is_histogram, arrayMap(i -> toUInt64(floor(report * 40 * exp(-abs(i - 3 - (item + service) % 6)))), range(15)), []) AS counts
  FROM (
    SELECT intDiv(number, ${pointsPerReport}) AS report, number % ${pointsPerReport} AS in_report,
      intDiv(in_report, ${routesPerService + counters}) AS who, in_report % ${routesPerService + counters} AS item,
      intDiv(who, ${instancesPerService}) AS service, who % ${instancesPerService} AS instance,
      toInt64(${dataset.endMs - dayMs}) + toInt64(report) * ${pointsEveryMs(dataset)} + who * 137 AS at_ms
    FROM numbers(${first * pointsPerReport}, ${count * pointsPerReport})
  )
)`;
