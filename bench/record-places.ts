/** Where the ids and times of a request are, by the field numbers of opentelemetry/proto. */
import { fixed64, lengthDelimited, WireReader } from '../kernel/otlp/wire.ts';
import type { Signal } from './corpus-file.ts';

export interface RecordPlaces {
  readonly ids: readonly { readonly at: number; readonly length: number }[];
  /** Eight bytes each. */
  readonly times: readonly { readonly at: number; readonly of: TimeOf }[];
}

/** Whose time it is: a start is where a cumulative sum began, an observation is when a collector saw a log record. */
export type TimeOf = 'span' | 'log' | 'observation' | 'point' | 'start' | 'exemplar';

export const findRecordPlaces = (signal: Signal, request: Uint8Array): RecordPlaces => {
  const ids: { at: number; length: number }[] = [];
  const times: { at: number; of: TimeOf }[] = [];
  const id: Visit = (reader) => {
    const length = reader.length();
    if (length > 0) ids.push({ at: reader.position, length });
    reader.advance(length);
  };
  const time =
    (of: TimeOf): Visit =>
    (reader) => {
      times.push({ at: reader.position, of });
      reader.advance(8);
    };
  const recordFields = { traces: spanFields, logs: logFields, metrics: metricFields }[signal](id, time);
  // A request has resources, a resource has scopes, a scope has records.
  const visit = fields({
    [lengthDelimited(1)]: message({ [lengthDelimited(2)]: message({ [lengthDelimited(2)]: message(recordFields) }) }),
  });
  visit(new WireReader(request));
  return { ids, times };
};

/** Reads the value of a field whose tag has just been read. */
type Visit = (reader: WireReader) => void;
type Fields = Readonly<Record<number, Visit>>;
type Times = (of: TimeOf) => Visit;

const spanFields = (id: Visit, time: Times): Fields => ({
  [lengthDelimited(1)]: id,
  [lengthDelimited(2)]: id,
  [lengthDelimited(4)]: id,
  [fixed64(7)]: time('span'),
  [fixed64(8)]: time('span'),
  [lengthDelimited(11)]: message({ [fixed64(1)]: time('span') }),
  [lengthDelimited(13)]: message({ [lengthDelimited(1)]: id, [lengthDelimited(2)]: id }),
});

const logFields = (id: Visit, time: Times): Fields => ({
  [fixed64(1)]: time('log'),
  [fixed64(11)]: time('observation'),
  [lengthDelimited(9)]: id,
  [lengthDelimited(10)]: id,
});

/** A metric is a gauge (5), a sum (7), a histogram (9), an exponential histogram (10) or a summary (11) of points. */
const metricFields = (id: Visit, time: Times): Fields => {
  const exemplar = message({ [fixed64(2)]: time('exemplar'), [lengthDelimited(4)]: id, [lengthDelimited(5)]: id });
  const point = (exemplars: number): Visit =>
    message({
      [lengthDelimited(1)]: message({
        [fixed64(2)]: time('start'),
        [fixed64(3)]: time('point'),
        [lengthDelimited(exemplars)]: exemplar,
      }),
    });
  return {
    [lengthDelimited(5)]: point(5),
    [lengthDelimited(7)]: point(5),
    [lengthDelimited(9)]: point(8),
    [lengthDelimited(10)]: point(11),
    [lengthDelimited(11)]: message({
      [lengthDelimited(1)]: message({ [fixed64(2)]: time('start'), [fixed64(3)]: time('point') }),
    }),
  };
};

const message =
  (inner: Fields): Visit =>
  (reader) => {
    const outer = reader.enter();
    fields(inner)(reader);
    reader.leave(outer);
  };

const fields =
  (known: Fields): Visit =>
  (reader) => {
    while (reader.position < reader.end) {
      const tag = reader.tag();
      const visit = known[tag];
      if (visit) visit(reader);
      else reader.skip(tag);
    }
  };
