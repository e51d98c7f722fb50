/** Rows of `spans`, made by the engine itself: traces of 4 to 18 spans over several services, as SDKs would send them. */
import {
  customerTiers,
  type Dataset,
  dayMs,
  instancesPerService,
  literal,
  nouns,
  operationsOf,
  services,
  statusCodes,
  tenants,
  tracesOf,
  usersOf,
} from './dataset.ts';

/** Five traces of fifty spans, and so on. `n` is the number of the span; `first` and `count` are multiples of 50. */
export const insertSpans = (dataset: Dataset, first: number, count: number): string => `
INSERT INTO spans (org, project, received_at, retention_days, service, environment, version, host, name, kind, status,
  status_message, start_time, duration_ns, trace_id, span_id, parent_span_id, flags, attributes, attribute_types,
  resource_attributes, resource_attribute_types, scope_name, scope_version,
  \`events.time\`, \`events.name\`, \`events.attributes\`, \`events.attribute_types\`, \`events.dropped_attributes_count\`)
WITH ${literal(services)} AS service_names, ${literal(services.map((_, i) => operationsOf(i)))} AS operation_counts,
  ${literal(nouns)} AS nouns, ['GET', 'POST', 'PUT', 'DELETE'] AS methods
SELECT 'org_default', 'prj_default',
  fromUnixTimestamp64Milli(intDiv(start_ns + duration, 1000000) + 1000 + hash % 4000, 'UTC'), 30,
  service_name, environment, version, host,
  multiIf(role = 'server', concat(method, ' ', route), role = 'client', method, concat(verb, ' ', noun)) AS span_name,
  CAST(if(role = 'server', 'server', 'client'), 'Enum8(\\'unspecified\\' = 0, \\'internal\\' = 1, \\'server\\' = 2, \\'client\\' = 3, \\'producer\\' = 4, \\'consumer\\' = 5)'),
  CAST(if(failed, 'error', 'unset'), 'Enum8(\\'unset\\' = 0, \\'ok\\' = 1, \\'error\\' = 2)'),
  if(failed, 'upstream did not answer', ''),
  fromUnixTimestamp64Nano(start_ns, 'UTC'), duration,
  MD5(concat('trace ', toString(trace))),
  reinterpretAsFixedString(cityHash64(trace, place)),
  if(place = 0, toFixedString('', 8), reinterpretAsFixedString(cityHash64(trace, parent))), 257,
  mapFromArrays(
    CAST(multiIf(
      role = 'server', ['http.request.method', 'url.scheme', 'url.path', 'http.route', 'http.response.status_code', 'server.address', 'server.port', 'client.address', 'user_agent.original', 'network.protocol.version', 'user.id', 'tenant.id', 'customer.tier', 'session.id', 'thread.id'],
      role = 'client', ['http.request.method', 'url.full', 'http.response.status_code', 'server.address', 'server.port', 'network.peer.address', 'network.protocol.version', 'http.request.resend_count', 'user.id', 'thread.id'],
      ['db.system.name', 'db.namespace', 'db.collection.name', 'db.operation.name', 'db.query.text', 'server.address', 'server.port', 'db.response.returned_rows', 'db.client.connection.pool.name', 'thread.id']
    ), 'Array(LowCardinality(String))'),
    multiIf(
      role = 'server', [method, 'https', concat('/', service_name, '/', noun, '/', toString(hash % 1000000)), route, status_code, concat(service_name, '.shop.internal'), '8443', concat('10.', toString(hash % 4), '.', toString(bitShiftRight(hash, 8) % 256), '.', toString(bitShiftRight(hash, 16) % 256)), concat('Mozilla/5.0 (X11; Linux x86_64) Chrome/', toString(120 + trace_hash % 20), '.0'), '1.1', concat('user-', toString(trace_hash % ${usersOf(dataset)})), concat('tenant-', toString(trace_hash % ${tenants})), ${literal(customerTiers)}[1 + trace_hash % ${customerTiers.length}], lower(hex(MD5(concat('session ', toString(trace))))), toString(hash % 32)],
      role = 'client', [method, concat('https://', service_names[1 + callee], '.shop.internal/', noun, '/', toString(hash % 1000000)), status_code, concat(service_names[1 + callee], '.shop.internal'), '8443', concat('10.8.', toString(callee), '.', toString(hash % 4)), '1.1', '0', concat('user-', toString(trace_hash % ${usersOf(dataset)})), toString(hash % 32)],
      ['postgresql', concat(service_name, '_db'), noun, verb, concat(verb, ' ', noun, ' WHERE id = $1 AND state = $2'), concat(service_name, '-db.shop.internal'), '5432', toString(hash % 200), 'main', toString(hash % 32)]
    )),
  multiIf(role = 'server', 'ssssisissssssssi', role = 'client', 'ssisissisi', 'ssssssiisi'),
  mapFromArrays(
    CAST(['service.name', 'service.version', 'service.instance.id', 'deployment.environment.name', 'host.name', 'host.arch', 'os.type', 'process.pid', 'process.runtime.name', 'process.runtime.version', 'telemetry.sdk.language', 'telemetry.sdk.version'], 'Array(LowCardinality(String))'),
    [service_name, version, hex(cityHash64(service, instance)), environment, host, 'amd64', 'linux', toString(100 + service * 7 + instance), 'nodejs', '24.21.0', 'nodejs', '2.7.0']),
  'sssssssissss', '@opentelemetry/instrumentation-http', '0.210.0',
  if(failed, [fromUnixTimestamp64Nano(start_ns + duration, 'UTC')], []) , if(failed, ['exception'], []),
  if(failed, [map('exception.type', ['TimeoutError', 'TypeError', 'ConnectionError'][1 + hash % 3], 'exception.message', concat('no answer for ', noun, ' ', toString(hash % 100000)))], CAST([], 'Array(Map(String, String))')),
  if(failed, [''], []), if(failed, [0], [])
FROM (
  SELECT *, service_names[1 + service] AS service_name, concat('/', service_name, '/', noun) AS route,
    concat('2.', toString(intDiv(service, 3)), if(trace * 2 < ${tracesOf(dataset)}, '.0', '.1')) AS version,
    if(instance = 3, 'staging', 'production') AS environment,
    concat('node-', toString((service * 4 + instance) % 40), '.eu-central-1.internal') AS host,
    methods[1 + operation % 4] AS method, if(role = 'database', nouns[1 + operation % 8], nouns[1 + operation]) AS noun,
    ['SELECT', 'INSERT', 'UPDATE', 'DELETE'][1 + operation % 4] AS verb,
    hash % 1000 < 4 + (service % 5) * 4 AS failed,
    if(failed, ['500', '502', '503', '504'][1 + hash % 4], ${literal(statusCodes)}[1 + bitShiftRight(hash, 20) % ${statusCodes.length}]) AS status_code,
    intHash64(hash) AS luck,
    -- three dice make a bell
    ((luck % 65536 + bitShiftRight(luck, 16) % 65536 + bitShiftRight(luck, 32) % 65536) / 65536 - 1.5) * 2 AS deviation,
    toUInt64(1e6 * exp(if(role = 'database', 0.8, 2.2 + (service % 7) * 0.25) + 0.9 * deviation)) AS duration
  FROM (
    SELECT trace, place, hash, trace_hash, role, parent, service, callee, instance, start_ns,
      toUInt32(floor(operation_counts[1 + service] * pow((bitShiftRight(hash, 11) % 65536) / 65536, 2))) AS operation
    FROM (
      SELECT intDiv(number, 50) * 5 + multiIf(at < 4, 0, at < 11, 1, at < 20, 2, at < 32, 3, 4) AS trace,
        number % 50 AS at, at - multiIf(at < 4, 0, at < 11, 4, at < 20, 11, at < 32, 20, 32) AS place,
        cityHash64(number) AS hash, cityHash64(trace, 'trace') AS trace_hash,
        multiIf(place = 0 OR place % 3 = 2, 'server', place % 3 = 1, 'client', 'database') AS role,
        multiIf(place <= 1, 0, place % 3 = 1, place - 2, place - 1) AS parent,
        toUInt32(floor(${services.length} * pow((trace_hash % 65536) / 65536, 1.7))) AS root,
        (root + intDiv(place + 1, 3) * (1 + trace_hash % 3)) % ${services.length} AS service,
        (root + intDiv(place + 2, 3) * (1 + trace_hash % 3)) % ${services.length} AS callee,
        bitShiftRight(trace_hash, 30) % ${instancesPerService} AS instance,
        toInt64(${dataset.endMs - dayMs}) * 1000000 + toInt64(trace * (${dayMs - 60_000} / ${tracesOf(dataset)}) * 1e6)
          + toInt64(trace_hash % 20000000000) + toInt64(place) * 700000 + toInt64(hash % 500000) AS start_ns
      FROM numbers(${first}, ${count})
    )
  )
)`;
