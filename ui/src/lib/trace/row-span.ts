/** What rows know of a span: a trace as the API outlines it, its columns made into spans that the tree is built of. */
import type { OutlineNote, Span, SpanDetails, TraceOutline } from '../../../../api/contract/traces.ts';
import type { SpanKind, SpanStatus } from '../../../../api/contract/values.ts';

/** `attributes` are only those that rows tell something by. All that a span carries is in its details. */
export interface RowSpan
  extends Pick<
    Span,
    | 'spanId'
    | 'parentSpanId'
    | 'service'
    | 'name'
    | 'kind'
    | 'startTimeUnixNano'
    | 'endTimeUnixNano'
    | 'status'
    | 'attributes'
    | 'resource'
  > {
  /** Of the last exception in it, if it failed by one. */
  readonly exceptionType?: string;
}

export interface OutlinedTrace extends Pick<TraceOutline, 'traceId' | 'omittedSpans' | 'usualP95Ms'> {
  /** By start. */
  readonly spans: readonly RowSpan[];
  /** Of a small trace, all that its spans carry. */
  readonly details: SpanDetails | null;
}

export function outlinedTrace(outline: TraceOutline): OutlinedTrace {
  const { spans: columns, notes, traceId, details, omittedSpans, usualP95Ms } = outline;
  const startNano = BigInt(outline.startUnixNano);
  const noteOf = new Map(notes.map((note) => [note.span, note]));
  const spans = columns.spanId.map((spanId, i): RowSpan => {
    const parent = columns.parent[i]!;
    const start = startNano + BigInt(columns.startNano[i]!);
    const { statusMessage, exceptionType, attributes } = noteOf.get(i) ?? noNote;
    return {
      spanId,
      parentSpanId: parent === null ? '' : typeof parent === 'string' ? parent : columns.spanId[parent]!,
      service: columns.texts[columns.service[i]!]!,
      name: columns.texts[columns.name[i]!]!,
      kind: kinds[columns.kind[i]!]!,
      startTimeUnixNano: start.toString(),
      endTimeUnixNano: (start + BigInt(columns.durationNano[i]!)).toString(),
      status: { code: statuses[columns.status[i]!]!, message: statusMessage },
      attributes,
      resource: columns.resource[i]!,
      exceptionType,
    };
  });
  return { traceId, spans, details, omittedSpans, usualP95Ms };
}

/** The same for a row and for the details of its span, and of the same parts as where the API leaves copies out. */
export const identityOf = (span: Pick<Span, 'spanId' | 'kind' | 'service' | 'startTimeUnixNano'>): string =>
  `${span.spanId} ${span.kind} ${span.startTimeUnixNano} ${span.service}`;

const noNote: Pick<OutlineNote, 'statusMessage' | 'exceptionType' | 'attributes'> = {
  statusMessage: '',
  exceptionType: '',
  attributes: {},
};

/** By OpenTelemetry's numbers. */
const kinds: readonly SpanKind[] = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
const statuses: readonly SpanStatus[] = ['unset', 'ok', 'error'];
