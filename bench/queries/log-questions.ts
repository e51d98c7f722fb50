/** Questions about log lines: by word, by phrase, and how many there were when. */
import { type Dataset, rarePhrases, rareWords, services, usersOf } from './dataset.ts';
import type { Question } from './question.ts';
import type { Random } from './random.ts';
import { anyRange, inSql, inUrl, type Range, wholeDay } from './ranges.ts';

const inProject = 'projects/prj_default';
/** Of a line in ten to a line in a hundred. */
const commonWords = [
  ...['request', 'completed', 'cache', 'packed', 'accepted', 'acquirer', 'shipments', 'replica', 'article', 'rules'],
  ...['mail', 'refreshed', 'products', 'slow', 'retrying', 'declined', 'depot', 'thumbnail', 'voucher', 'upstream'],
  ...['garbage', 'flag', 'reserve', 'invoice', 'breaker', 'unexpected', 'geocoded', 'election', 'volume', 'percent'],
];
const words = [...commonWords, ...rareWords];

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
    ask: (dataset, random, call) => {
      const range = wholeDay(dataset, random);
      const [kind, wordOf] = kindsOfWords[call % kindsOfWords.length]!;
      const word = wordOf(dataset, random);
      return {
        kind,
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
    ask: (dataset, random, call) => {
      const range = wholeDay(dataset, random);
      const service = random.pick(services);
      const kinds = [
        ['all', '', 'true'],
        ['service', `service:${service}`, `ServiceName = '${service}'`],
        ['level', 'level:>=warn', 'SeverityNumber >= 13'],
      ] as const;
      const [kind, q, where] = kinds[call % kinds.length]!;
      return {
        kind,
        path: `${inProject}/logs/histogram?${inUrl(range)}&q=${encodeURIComponent(q)}`,
        otel: otelHistogram(range, where),
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
  {
    name: 'logs.facets',
    ask: (dataset, random) => {
      const range = anyRange(dataset, random);
      const q = encodeURIComponent(`service:${random.pick(services)}`);
      // What is beside the columns follows from the table of facets.
      return { path: `${inProject}/logs/facets?${inUrl(range)}&q=${q}`, holds: 'facets', anyway: columnsOfLogs };
    },
  },
];

/** Facets that every list of lines has: severity, service, environment, version and host. */
const columnsOfLogs = 5;

const kindsOfWords: readonly (readonly [kind: string, wordOf: (dataset: Dataset, random: Random) => string])[] = [
  ['common', (_, random) => random.pick(commonWords)],
  ['user', (dataset, random) => String(random.number(usersOf(dataset)))],
  ['common', (_, random) => random.pick(commonWords)],
  ['rare', (_, random) => random.pick(rareWords)],
];
