/** How protobuf messages are described for what must know every field of them: `messages.ts` describes those of OTLP. */

/** Protobuf's scalar types, and `id`: bytes that OTLP/JSON writes in hex instead of base64. */
export type Scalar =
  | ('string' | 'bytes' | 'id' | 'bool' | 'double' | 'enum')
  | ('fixed64' | 'sfixed64' | 'int64' | 'uint64' | 'fixed32' | 'uint32' | 'int32' | 'sint32');

export interface Field {
  readonly number: number;
  readonly name: string;
  readonly jsonName: string;
  readonly type: Scalar | 'message';
  readonly repeated: boolean;
  /** Of a field of type `message`. */
  readonly message?: Message;
  /** Of a field of type `enum`: its values by name. */
  readonly values?: ReadonlyMap<string, number>;
}

/** The wire type of a value that stands alone, not packed. */
export const wireTypeOf = (type: Field['type']): number => wireTypes[type];

const wireTypes: Readonly<Record<Field['type'], number>> = {
  ...{ bool: 0, enum: 0, int32: 0, int64: 0, uint32: 0, uint64: 0, sint32: 0 },
  ...{ double: 1, fixed64: 1, sfixed64: 1 },
  ...{ string: 2, bytes: 2, id: 2, message: 2 },
  ...{ fixed32: 5 },
};

export interface Message {
  readonly name: string;
  /** record: what OTLP counts and rejects one by one. container: holds records, at whatever depth. part: all others. */
  readonly kind: 'record' | 'container' | 'part';
  readonly byNumber: readonly (Field | undefined)[];
  /** By lowerCamelCase name and by the name in the .proto file, as protobuf's JSON parsers do. */
  readonly byJsonName: ReadonlyMap<string, Field>;
}

type FieldType = Scalar | Message | ReadonlyMap<string, number>;

export const one = (number: number, name: string, type: FieldType): Field => field(number, name, type, false);
export const many = (number: number, name: string, type: FieldType): Field => field(number, name, type, true);

const field = (number: number, name: string, type: FieldType, repeated: boolean): Field => {
  const jsonName = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const named = { number, name, jsonName, repeated };
  if (typeof type === 'string') return { ...named, type };
  if (type instanceof Map) return { ...named, type: 'enum', values: type };
  return { ...named, type: 'message', message: type as Message };
};

/** Fields can still be added. */
export interface Draft extends Message {
  readonly byNumber: (Field | undefined)[];
  readonly byJsonName: Map<string, Field>;
}

/** A message whose fields follow: AnyValue holds itself. */
export const declare = (name: string, kind: Message['kind']): Draft => ({
  name,
  kind,
  byNumber: [],
  byJsonName: new Map(),
});

export const complete = (message: Draft, fields: readonly Field[]): Message => {
  const highest = Math.max(...fields.map((f) => f.number));
  // no holes: V8 reads a packed array faster
  for (let number = 0; number <= highest; number++) message.byNumber.push(fields.find((f) => f.number === number));
  for (const f of fields) {
    message.byJsonName.set(f.name, f).set(f.jsonName, f);
  }
  return message;
};

export const define = (name: string, kind: Message['kind'], fields: readonly Field[]): Message =>
  complete(declare(name, kind), fields);

/** An enum whose values count from 0. */
export const values = (prefix: string, ...names: string[]): ReadonlyMap<string, number> =>
  new Map(names.map((name, value) => [prefix + name, value]));
