/** Rows of `logs`, made by the engine itself: lines of the traces in `spans`, from templates, few of them rare. */
import {
  customerTiers,
  type Dataset,
  dayMs,
  everyRarePhrase,
  everyRareWord,
  instancesPerService,
  literal,
  rarePhrases,
  rareWords,
  services,
  templates,
  tracesOf,
  usersOf,
} from './dataset.ts';

export const insertLogs = (dataset: Dataset, first: number, count: number): string => `
INSERT INTO logs (org, project, received_at, retention_days, service, environment, version, host, time, time_unix_nano,
  observed_time_unix_nano, severity_number, severity_text, severity, body, body_type, trace_id, span_id, flags,
  attributes, attribute_types, resource_attributes, resource_attribute_types, scope_name, scope_version,
  record_partition, record_offset, record_index)
WITH ${literal(services)} AS service_names, ${literal(templates)} AS templates
SELECT 'org_default', 'prj_default', fromUnixTimestamp64Milli(intDiv(time_ns, 1000000) + 500 + hash % 4000, 'UTC'), 30,
  service_name, environment, version, host, fromUnixTimestamp64Nano(time_ns, 'UTC'), time_ns, time_ns + 1000000,
  level, severity_name, CAST(level, 'Enum8(\\'trace\\' = 1, \\'debug\\' = 5, \\'info\\' = 9, \\'warn\\' = 13, \\'error\\' = 17, \\'fatal\\' = 21)'),
  concat(
    replaceOne(replaceOne(replaceOne(templates[1 + template], '{id}', id), '{n}', toString(hash % 900)), '{user}', user),
    if(number % ${everyRareWord} = 7, concat(' ', ${literal(rareWords)}[1 + intDiv(number, ${everyRareWord}) % ${rareWords.length}]), ''),
    if(number % ${everyRarePhrase} = 11, concat(': ', ${literal(rarePhrases)}[1 + intDiv(number, ${everyRarePhrase}) % ${rarePhrases.length}]), '')),
  's', MD5(concat('trace ', toString(trace))), reinterpretAsFixedString(cityHash64(trace, place)), 1,
  mapFromArrays(
    CAST(['order.id', 'customer.id', 'customer.tier', 'duration_ms', 'thread.id', 'code.function.name', 'code.file.path'], 'Array(LowCardinality(String))'),
    [id, user, ${literal(customerTiers)}[1 + trace_hash % ${customerTiers.length}], toString(hash % 900), toString(hash % 32), concat('handle', toString(template)), concat('/app/src/', service_name, '/handler.js')]),
  'sssiiss',
  mapFromArrays(
    CAST(['service.name', 'service.version', 'service.instance.id', 'deployment.environment.name', 'host.name', 'host.arch', 'os.type', 'process.pid', 'process.runtime.name', 'process.runtime.version', 'telemetry.sdk.language', 'telemetry.sdk.version'], 'Array(LowCardinality(String))'),
    [service_name, version, hex(cityHash64(service, instance)), environment, host, 'amd64', 'linux', toString(100 + service * 7 + instance), 'nodejs', '24.21.0', 'nodejs', '2.7.0']),
  'sssssssissss', '@opentelemetry/instrumentation-pino', '0.58.0', 0, intDiv(number, 1000), number % 1000
FROM (
  SELECT *, service_names[1 + service] AS service_name,
    concat('2.', toString(intDiv(service, 3)), if(trace * 2 < ${tracesOf(dataset)}, '.0', '.1')) AS version,
    if(instance = 3, 'staging', 'production') AS environment,
    concat('node-', toString((service * 4 + instance) % 40), '.eu-central-1.internal') AS host,
    toUInt8(multiIf(hash % 100 < 80, 9, hash % 100 < 90, 5, hash % 100 < 97, 13, 17)) AS level,
    multiIf(level = 9, 'info', level = 5, 'debug', level = 13, 'warn', 'error') AS severity_name,
    lower(hex(toUInt32(bitShiftRight(hash, 24)))) AS id, concat('user-', toString(trace_hash % ${usersOf(dataset)})) AS user,
    toUInt8(floor(${templates.length} * pow((bitShiftRight(hash, 13) % 65536) / 65536, 2))) AS template
  FROM (
    SELECT number, toUInt64(floor(number * (${tracesOf(dataset)} / ${dataset.logs}))) AS trace,
      cityHash64(number, 'line') AS hash, cityHash64(trace, 'trace') AS trace_hash, toUInt8(hash % 4) AS place,
      (toUInt32(floor(${services.length} * pow((trace_hash % 65536) / 65536, 1.7)))
        + intDiv(place + 1, 3) * (1 + trace_hash % 3)) % ${services.length} AS service,
      bitShiftRight(trace_hash, 30) % ${instancesPerService} AS instance,
      toInt64(${dataset.endMs - dayMs}) * 1000000 + toInt64(trace * (${dayMs - 60_000} / ${tracesOf(dataset)}) * 1e6)
        + toInt64(trace_hash % 20000000000) + toInt64(hash % 50000000) AS time_ns
    FROM numbers(${first}, ${count})
  )
)`;
