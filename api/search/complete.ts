/** Completion of a query being written: how it is read so far, what is wrong with it, and what may stand at the cursor. */
import type { Telemetry } from '../../kernel/telemetry/client.ts';
import type { Completion } from '../contract/search.ts';
import type { Handler } from '../handler.ts';
import { type CursorPlace, cursorPlaceOf } from '../query/cursor-place.ts';
import { parseQuery } from '../query/parse.ts';
import { QueryError } from '../query/query-error.ts';
import { type Place, placeOf, resolve, type Scope } from '../query/resolve.ts';
import { logsTarget, spansTarget, type Target } from '../query/targets.ts';
import { tokenize } from '../query/tokens.ts';
import { writeAttribute, writeValue } from '../query/write.ts';
import { countUnlisted, type Known, readKeys, readOperations, readValues } from './known-values.ts';

const maxSuggestions = 20;

type Suggestion = Completion['suggestions'][number];
/** Without the place, which is the same for all of one answer. */
type Proposal = Pick<Suggestion, 'text' | 'label' | 'kind' | 'rows'>;

export const complete =
  (telemetry: Telemetry): Handler<'complete'> =>
  async ({ q, cursor, signal, fromMs, toMs }, { tenant }) => {
    const target = signal === 'logs' ? logsTarget : spansTarget;
    const tokens = tokenize(q);
    const place = cursorPlaceOf(q, tokens, cursor);
    const proposals = await propose(telemetry, { tenant, signal, fromMs, toMs }, target, place);
    return {
      tokens: tokens.map(({ start, end, kind }) => ({ start, end, kind })),
      error: errorIn(q, target),
      suggestions:
        place.kind === 'none'
          ? []
          : proposals.slice(0, maxSuggestions).map((proposal) => ({ ...proposal, start: place.start, end: place.end })),
    };
  };

const errorIn = (query: string, target: Target): Completion['error'] => {
  try {
    resolve(parseQuery(query), target);
    return null;
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    return { message: error.message, start: error.start, end: error.end };
  }
};

const propose = async (
  telemetry: Telemetry,
  known: Known,
  target: Target,
  place: CursorPlace,
): Promise<readonly Proposal[]> => {
  if (place.kind === 'field') return proposeFields(telemetry, known, target, place);
  if (place.kind === 'value') return proposeValues(telemetry, known, target, place);
  return [];
};

/** The well-known fields that are worth offering, in this order, by the names that people use. */
const offered = {
  logs: ['level', 'service', 'env', 'host', 'version', 'event', 'trace_id', 'span_id', 'scope.name'],
  spans: [
    ...['service', 'name', 'status', 'duration', 'kind', 'env', 'host', 'version', 'entry', 'status_message'],
    ...['trace_id', 'span_id', 'scope.name'],
  ],
};

const proposeFields = async (
  telemetry: Telemetry,
  known: Known,
  target: Target,
  { typed, hasOperator }: Extract<CursorPlace, { kind: 'field' }>,
): Promise<Proposal[]> => {
  const wanted = typed.toLowerCase();
  const colon = hasOperator ? '' : ':';
  const fields = offered[known.signal]
    .filter((name) => name.includes(wanted))
    .map((name): Proposal => ({ text: `${name}${colon}`, label: name, kind: 'field', rows: null }));
  const keys = (await readKeys(telemetry, known, typed, 2 * maxSuggestions))
    // What has a column is offered by the name of that column.
    .filter(({ key, scope }) => !(scope === 'resource' && target.aliases.has(key)))
    .map(({ key, scope, rows }): Proposal => {
      return { text: `${writeAttribute(key, scope, target)}${colon}`, label: key, kind: 'field', rows };
    });
  const keywords = ['AND', 'OR', 'NOT']
    .filter((keyword) => !hasOperator && typed !== '' && keyword.startsWith(typed) && keyword !== typed)
    .map((keyword): Proposal => ({ text: `${keyword} `, label: keyword, kind: 'operator', rows: null }));
  const named = distinct([...fields, ...keys]);
  // Who types the beginning of a name wants that name.
  const [first, rest] = partition(named, ({ label }) => label.toLowerCase().startsWith(wanted));
  return [...keywords, ...first, ...rest];
};

const proposeValues = async (
  telemetry: Telemetry,
  known: Known,
  target: Target,
  { field, typed, first }: Extract<CursorPlace, { kind: 'value' }>,
): Promise<Proposal[]> => {
  const { found, unlisted } = await knownOf(telemetry, known, target, placeOf(field, target), typed);
  const values = found.map(({ value, rows }): Proposal => {
    return { text: writeValue(value), label: value, kind: 'value', rows };
  });
  const comparable = isOrdered(field, target, found);
  const operators = ['>=', '<'].map((text): Proposal => ({ text, label: text, kind: 'operator', rows: null }));
  const label = unlisted > 0 ? '* any value, not all are listed' : '* any value';
  const anything: Proposal = { text: '*', label, kind: 'operator', rows: null };
  return first ? [...values.slice(0, maxSuggestions - 3), ...(comparable ? operators : []), anything] : values;
};

interface Value {
  readonly value: string;
  readonly rows: number | null;
}

/** Resource attributes that fill the columns of the same meaning. */
const keysOfColumn: Readonly<Record<string, readonly string[]>> = {
  service: ['service.name'],
  environment: ['deployment.environment.name', 'deployment.environment'],
  version: ['service.version'],
  host: ['host.name', 'k8s.node.name'],
};

/** Values that contain what was typed, and how many rows have one that is not listed. */
const knownOf = async (
  telemetry: Telemetry,
  known: Known,
  target: Target,
  place: Place,
  typed: string,
): Promise<{ found: readonly Value[]; unlisted: number }> => {
  const ofAttribute = async (keys: readonly string[], scopes: readonly Scope[]) => {
    const [found, unlisted] = await Promise.all([
      readValues(telemetry, known, { keys, scopes }, typed, maxSuggestions),
      countUnlisted(telemetry, known, { keys, scopes }),
    ]);
    return { found, unlisted };
  };
  if (place.kind === 'attribute') return ofAttribute([place.key], place.scopes);
  const keys = keysOfColumn[place.name];
  if (keys !== undefined) return ofAttribute(keys, ['resource']);
  return { found: await valuesOfColumn(telemetry, known, target, place.name, typed), unlisted: 0 };
};

/** Of a column that no attribute fills. */
const valuesOfColumn = async (
  telemetry: Telemetry,
  known: Known,
  { columns }: Target,
  name: string,
  typed: string,
): Promise<readonly Value[]> => {
  const column = columns.get(name)!;
  if (column.kind === 'choice') {
    return column.values
      .filter((value) => value.startsWith(typed.toLowerCase()))
      .map((value) => ({ value, rows: null }));
  }
  return name === 'name' ? readOperations(telemetry, known, typed, maxSuggestions) : [];
};

/** An attribute is taken for a number when all its values look like one. */
const isOrdered = (field: string, target: Target, values: readonly Value[]): boolean => {
  const place = placeOf(field, target);
  if (place.kind === 'attribute') return values.length > 0 && values.every(({ value }) => /^-?[\d.]+$/.test(value));
  const column = target.columns.get(place.name)!;
  return column.kind === 'number' || column.kind === 'duration' || (column.kind === 'choice' && column.ordered);
};

const distinct = (proposals: readonly Proposal[]): Proposal[] =>
  [...new Map(proposals.toReversed().map((proposal) => [proposal.text, proposal])).values()].toReversed();

const partition = <T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] => [
  items.filter(test),
  items.filter((item) => !test(item)),
];
