/**
 * People who follow the live tail over the WebSocket while services log: how long a line takes from its sender to
 * everybody who follows, and how many lines reach each of them.
 */
import exec from 'k6/execution';
import http from 'k6/http';
import { Counter, Trend } from 'k6/metrics';
import { WebSocket } from 'k6/websockets';

const delay = new Trend('line_delay', true);
const lines = new Counter('lines_received');
const sent = new Counter('lines_sent');
const sampled = new Counter('messages_sampled');
const broken = new Counter('followers_broken');

const seconds = Number(__ENV.SECONDS);
const followers = Number(__ENV.FOLLOWERS);
const linesPerRequest = Number(__ENV.LINES) / 10;

export const options = {
  scenarios: {
    follow: {
      executor: 'per-vu-iterations',
      vus: followers,
      iterations: 1,
      maxDuration: `${seconds + 30}s`,
      exec: 'follow',
    },
    log: {
      executor: 'constant-arrival-rate',
      rate: 10,
      timeUnit: '1s',
      // Followers are there first.
      startTime: '2s',
      duration: `${seconds}s`,
      preAllocatedVUs: 5,
      maxVUs: 20,
      exec: 'log',
    },
  },
  summaryTrendStats: ['med', 'p(95)', 'p(99)', 'max'],
};

export function follow() {
  const socket = new WebSocket(`${__ENV.API_URL.replace(/^http/, 'ws')}/api/v1/live`);
  socket.onopen = () => {
    const what = { type: 'follow', id: 'tail', projectId: 'prj_default', what: 'logs', q: 'service:k6-live' };
    socket.send(JSON.stringify(what));
    setTimeout(() => socket.close(), (seconds + 5) * 1000);
  };
  socket.onmessage = ({ data }) => {
    const nowMs = Date.now();
    const message = JSON.parse(data);
    if (message.type === 'failed') broken.add(1);
    if (message.type !== 'lines') return;
    if (message.sampledOneIn > 1) sampled.add(1);
    lines.add(message.lines.length);
    for (const { timeUnixNano } of message.lines) delay.add(nowMs - Number(timeUnixNano.slice(0, -6)));
  };
  socket.onerror = () => broken.add(1);
}

export function log() {
  const timeUnixNano = `${Date.now()}000000`;
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'k6-live' } }] };
  const logRecords = Array.from({ length: linesPerRequest }, (_, i) => ({
    timeUnixNano,
    severityNumber: 9,
    body: { stringValue: `order ${exec.scenario.iterationInTest * linesPerRequest + i} was packed` },
  }));
  sent.add(linesPerRequest);
  http.post(
    `${__ENV.OTLP_URL}/v1/logs`,
    JSON.stringify({ resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] }),
    { headers: { 'content-type': 'application/json' } },
  );
}

export function handleSummary(data) {
  return { [__ENV.SUMMARY]: JSON.stringify(data) };
}
