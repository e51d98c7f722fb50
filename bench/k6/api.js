/** People who look: so many questions a second to the API, of the kinds that the pages of the explorer ask. */
import { check } from 'k6';
import http from 'k6/http';

const project = `${__ENV.API_URL}/api/v1/projects/prj_default`;

export const options = {
  scenarios: {
    people: {
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

/** Traces to open, and services to look at. */
export function setup() {
  return {
    traces: dataOf(`${project}/traces?${range()}&limit=50`).traces.map(({ traceId }) => traceId),
    services: dataOf(`${project}/services?${range()}`).services.map(({ service }) => service),
  };
}

const words = ['order', 'payment', 'session', 'reserved', 'declined'];

const questions = [
  () => `${project}/services?${range()}`,
  () => `${project}/service-map?${range()}`,
  ({ services }) => `${project}/traces?${range()}&q=${encodeURIComponent(`service:${any(services)} duration:>=5ms`)}`,
  () => `${project}/traces?${range()}&q=${encodeURIComponent('http.response.status_code:>=500')}`,
  ({ services }) => `${project}/traces/histogram?${range()}&q=${encodeURIComponent(`service:${any(services)}`)}`,
  ({ traces }) => `${__ENV.API_URL}/api/v1/traces/${any(traces)}`,
  () => `${project}/logs?${range()}&q=${any(words)}`,
  () => `${project}/logs/histogram?${range()}`,
  () => `${project}/metrics?${range()}`,
];

export default function look(seen) {
  const response = http.get(any(questions)(seen), { tags: { name: 'api' } });
  check(response, { 'is answered': ({ status }) => status === 200 });
}

export function handleSummary(data) {
  return { [__ENV.SUMMARY]: JSON.stringify(data) };
}

function range() {
  return `fromMs=${Date.now() - 3_600_000}&toMs=${Date.now() + 60_000}`;
}

function any(list) {
  return list[Math.floor(Math.random() * list.length)];
}

function dataOf(url) {
  const response = http.get(url);
  if (response.status !== 200) throw new Error(`${url}: ${response.status} ${response.body}`);
  return response.json().data;
}
