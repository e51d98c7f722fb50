/**
 * Senders over OTLP/HTTP: so many requests a second come in, whatever became of the ones before. Each is a request of the
 * corpus with ids and times of its own, written in place.
 */
import { check } from 'k6';
import http from 'k6/http';

/** `ids` are places in the request as [place in bytes, place among the ids, length]; `times` are distances to now. */
const { ids, idBytes, times } = JSON.parse(open(__ENV.PLACES));
const template = new Uint8Array(open(__ENV.REQUEST, 'b'));

export const options = {
  scenarios: {
    senders: {
      executor: 'constant-arrival-rate',
      rate: Number(__ENV.RATE),
      timeUnit: '1s',
      duration: `${__ENV.SECONDS}s`,
      preAllocatedVUs: 20,
      maxVUs: 100,
    },
  },
  summaryTrendStats: ['med', 'p(95)', 'p(99)', 'max'],
};

export default function send() {
  const request = template.slice();
  const view = new DataView(request.buffer);
  const fresh = new Uint8Array(idBytes).map(() => Math.random() * 256);
  for (const [at, from, length] of ids) request.set(fresh.subarray(from, from + length), at);
  const nowNs = BigInt(Date.now()) * BigInt(1e6);
  for (const [at, distanceNs] of times) view.setBigUint64(at, nowNs + BigInt(distanceNs), true);
  const response = http.post(`${__ENV.OTLP_URL}/v1/traces`, request.buffer, {
    headers: { 'content-type': 'application/x-protobuf' },
  });
  check(response, { 'is taken whole': ({ status, body }) => status === 200 && (body === null || body.length === 0) });
}

export function handleSummary(data) {
  return { [__ENV.SUMMARY]: JSON.stringify(data) };
}
