/** Questions about log lines: by word, by phrase, and how many there were when. */
import { rarePhrases, rareWords, services, users } from './dataset.ts';
import type { Question } from './questions.ts';
import { inSql, inUrl, type Range, wholeDay } from './ranges.ts';

const inProject = 'projects/prj_default';
/** Of a line in ten, in a hundred, and rare ones. */
const words = [
  ...['request', 'completed', 'cache', 'packed', 'accepted', 'acquirer', 'shipments', 'replica', 'article', 'rules'],
  ...['mail', 'refreshed', 'products', 'slow', 'retrying', 'declined', 'depot', 'thumbnail', 'voucher', 'upstream'],
  ...['garbage', 'flag', 'reserve', 'invoice', 'breaker', 'unexpected', 'geocoded', 'election', 'volume', 'percent'],
  ...rareWords,
];

const otelLines = (range: Range, where: string): string => `
  SELECT Timestamp, TraceId, SpanId, SeverityText, ServiceName, Body, ResourceAttributes, LogAttributes
  FROM otel.otel_logs WHERE ${inSql(range)} AND ${where} ORDER BY Timestamp DESC LIMIT 101`;

const otelHistogram = (range: Range, where: string): string => `
  SELECT toStartOfInterval(Timestamp, INTERVAL 15 MINUTE) AS step, SeverityText, count()
  FROM otel.otel_logs WHERE ${inSql(range)} AND ${where} GROUP BY step, SeverityText`;

export const logQuestions: readonly Question[] = [
  {
    name: 'logs.word',
    targetMs: 300,
    ask: (dataset, random) => {
      const range = wholeDay(dataset, random);
      const word = random.number(4) === 0 ? String(random.number(users)) : random.pick(words);
      return {
        path: `${inProject}/logs?${inUrl(range)}&q=${word}&limit=100`,
        otel: otelLines(range, `hasAllTokens(lower(Body), ['${word}'])`),
        holds: 'lines',
      };
    },
  },
  {
    name: 'logs.phrase',
    targetMs: 150,
    ask: (dataset, random) => {
      const range = wholeDay(dataset, random);
      const phrase = random.pick(rarePhrases);
      const tokens = phrase.split(' ').map((word) => `'${word}'`);
      return {
        path: `${inProject}/logs?${inUrl(range)}&q=${encodeURIComponent(`"${phrase}"`)}&limit=100`,
        otel: otelLines(
          range,
          `hasAllTokens(lower(Body), [${tokens.join(', ')}]) AND position(lower(Body), '${phrase}') > 0`,
        ),
        holds: 'lines',
      };
    },
  },
  {
    name: 'logs.newest',
    ask: (dataset, random) => {
      const range = wholeDay(dataset, random);
      const service = random.pick(services);
      const level = random.pick(['error', 'warn', 'info']);
      return {
        path: `${inProject}/logs?${inUrl(range)}&q=${encodeURIComponent(`service:${service} level:${level}`)}&limit=100`,
        otel: otelLines(range, `ServiceName = '${service}' AND SeverityText = '${level}'`),
        holds: 'lines',
      };
    },
  },
  {
    name: 'logs.histogram',
    targetMs: 300,
    ask: (dataset, random) => {
      const range = wholeDay(dataset, random);
      const service = random.pick(services);
      const [q, where] = random.pick([
        ['', 'true'],
        [`service:${service}`, `ServiceName = '${service}'`],
        ['level:>=warn', 'SeverityNumber >= 13'],
      ]);
      return {
        path: `${inProject}/logs/histogram?${inUrl(range)}&q=${encodeURIComponent(q!)}`,
        otel: otelHistogram(range, where!),
        holds: 'total',
      };
    },
  },
  {
    name: 'logs.histogram.word',
    targetMs: 300,
    ask: (dataset, random) => {
      const range = wholeDay(dataset, random);
      const word = random.pick(words);
      return {
        path: `${inProject}/logs/histogram?${inUrl(range)}&q=${word}`,
        otel: otelHistogram(range, `hasAllTokens(lower(Body), ['${word}'])`),
        holds: 'total',
      };
    },
  },
];
