/** Columns as the store has them, as the outline of a trace has them: every text once, parents by place, no copies. */
import type { OutlineNote, OutlineSpans } from '../contract/traces.ts';
import type { NoteRow } from './note-row.ts';
import { identityOf } from './span-identity.ts';

/** Value i of each belongs to span i; by start. A root has an empty parent. */
export interface OutlineColumns {
  readonly ids: readonly string[];
  readonly parents: readonly string[];
  readonly services: readonly string[];
  readonly names: readonly string[];
  readonly kinds: readonly number[];
  readonly statuses: readonly number[];
  readonly starts: readonly number[];
  readonly durations: readonly number[];
  /** Equal for equal resources. */
  readonly resources: readonly string[];
}

export const outlineOf = (
  columns: OutlineColumns,
  noteRows: readonly NoteRow[],
): { spans: OutlineSpans; notes: OutlineNote[] } => {
  const [texts, resources] = [createDictionary(), createDictionary()];
  const spans: OutlineSpans = {
    texts: texts.values,
    spanId: [],
    parent: [],
    service: [],
    name: [],
    kind: [],
    status: [],
    startNano: [],
    durationNano: [],
    resource: [],
  };
  const places = new Map<string, number>();
  const firstOfId = new Map<string, number>();
  const kept: number[] = [];
  for (const [i, id] of columns.ids.entries()) {
    const identity = identityOf(id, columns.kinds[i]!, columns.starts[i]!, columns.services[i]!);
    // Received twice, because its sender tried again.
    if (places.has(identity)) continue;
    const place = kept.push(i) - 1;
    places.set(identity, place);
    if (!firstOfId.has(id)) firstOfId.set(id, place);
    spans.spanId.push(id);
    spans.service.push(texts.placeOf(columns.services[i]!));
    spans.name.push(texts.placeOf(columns.names[i]!));
    spans.kind.push(columns.kinds[i]!);
    spans.status.push(columns.statuses[i]!);
    spans.startNano.push(columns.starts[i]!);
    spans.durationNano.push(columns.durations[i]!);
    spans.resource.push(resources.placeOf(columns.resources[i]!));
  }
  for (const i of kept) {
    const parent = columns.parents[i]!;
    spans.parent.push(parent === '' ? null : (firstOfId.get(parent) ?? parent));
  }
  return { spans, notes: notesOf(noteRows, places) };
};

/** Of spans that came in since the columns were read there is nothing to say yet. */
const notesOf = (rows: readonly NoteRow[], places: Map<string, number>): OutlineNote[] =>
  rows.flatMap((row) => {
    const identity = identityOf(row.id, row.kind_number, row.start_ns, row.from_service);
    const span = places.get(identity);
    // A copy says it again.
    places.delete(identity);
    const { status_message: statusMessage, exception_type: exceptionType, pairs } = row;
    if (span === undefined || (statusMessage === '' && exceptionType === '' && pairs.length === 0)) return [];
    return [{ span, statusMessage, exceptionType, attributes: Object.fromEntries(pairs) }];
  });

const createDictionary = () => {
  const values: string[] = [];
  const places = new Map<string, number>();
  return {
    values,
    placeOf(value: string): number {
      const known = places.get(value);
      if (known !== undefined) return known;
      const place = values.push(value) - 1;
      places.set(value, place);
      return place;
    },
  };
};
