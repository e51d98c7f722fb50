/** What rows of a waterfall tell besides name and times: how a span failed or answered, and what it called. */
import type { QueryCost, Telemetry, Tenant } from '../../kernel/telemetry/client.ts';
import { selectPairs } from '../attributes.ts';
import type { NoteRow } from './note-row.ts';
import type { TracePlace } from './trace-place.ts';

/** A trace in which more spans failed is told about the first of them. */
const maxNotes = 20_000;

const answers = [
  'error.type',
  'http.response.status_code',
  'http.status_code',
  'rpc.response.status_code',
  'rpc.grpc.status_code',
];
const addresses = ['server.address', 'net.peer.name', 'http.host', 'peer.hostname', 'url.full', 'http.url'];
/** A call with one of these went to a store of the user's own, and no row says more than its name. */
const stores = ['db.system', 'db.system.name', 'messaging.system'];

/** Only what one note or the other needs: of the first span and roots the answer, of failed spans why, of calls where to. */
export const readNotes = (
  telemetry: Pick<Telemetry, 'query'>,
  tenant: Tenant,
  { where }: TracePlace,
): Promise<{ rows: NoteRow[]; cost: QueryCost }> =>
  telemetry.query<NoteRow>({
    tenant,
    sql: `SELECT lower(hex(span_id)) AS id, service AS from_service, toUInt8(kind) AS kind_number,
        toUnixTimestamp64Nano(start_time) - {startNs:Int64} AS start_ns,
        substringUTF8(status_message, 1, 300) AS status_message,
        if(status = 'error', arrayLast((attributes, name) -> name = 'exception', \`events.attributes\`,
          \`events.name\`)['exception.type'], '') AS exception_type,
        arrayMap(pair -> (pair.1, substringUTF8(pair.2, 1, 300)), ${selectPairs(
          'mapFilter((key, text) -> has({wanted:Array(String)}, key), attributes)',
        )}) AS pairs
      FROM spans
      WHERE ${where.sql} AND (
        status = 'error' OR parent_span_id = toFixedString('', 8) OR start_time = fromUnixTimestamp64Nano({startNs:Int64})
        OR match(name, '^[A-Z]{3,7}$') OR (kind = 'client' AND NOT hasAny(attributes.keys, {stores:Array(String)})))
      ORDER BY start_time, span_id LIMIT {limit:UInt32}`,
    params: { ...where.params, wanted: [...answers, ...addresses], stores, limit: maxNotes },
  });
