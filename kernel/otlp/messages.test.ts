import type protobuf from 'protobufjs';
import { expect, test } from 'vitest';
import { requests } from './messages.ts';
import { logsRequest, metricsRequest, traceRequest } from './proof/reference.ts';
import type { Message } from './schema.ts';

/** Alpha, for profiles alone: https://opentelemetry.io/docs/specs/otlp has receivers of other signals ignore them. */
const ignored = ['AnyValue.string_value_strindex', 'KeyValue.key_strindex'];

const describe = (message: Message, seen = new Map<string, string[]>()): Map<string, string[]> => {
  if (seen.has(message.name)) return seen;
  const lines: string[] = [];
  seen.set(message.name, lines);
  for (const field of message.byNumber) {
    if (!field) continue;
    const type = field.message?.name ?? (field.type === 'id' ? 'bytes' : field.type);
    const values = field.values ? ` ${JSON.stringify([...field.values])}` : '';
    lines.push(`${field.number} ${field.repeated ? 'repeated ' : ''}${type} ${field.name} ${field.jsonName}${values}`);
    if (field.message) describe(field.message, seen);
  }
  return seen;
};

const describeProto = (type: protobuf.Type, seen = new Map<string, string[]>()): Map<string, string[]> => {
  if (seen.has(type.name)) return seen;
  const lines: string[] = [];
  seen.set(type.name, lines);
  for (const field of [...type.fieldsArray].sort((a, b) => a.id - b.id)) {
    field.resolve();
    // reflection camel-cases names; the .proto file's are snake_case
    const name = field.name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    if (ignored.includes(`${type.name}.${name}`)) continue;
    const resolved = field.resolvedType;
    const isEnum = resolved !== null && 'values' in resolved;
    const values = isEnum ? ` ${JSON.stringify(Object.entries(resolved.values))}` : '';
    const typeName = isEnum ? 'enum' : (resolved?.name ?? field.type);
    lines.push(`${field.id} ${field.repeated ? 'repeated ' : ''}${typeName} ${name} ${field.name}${values}`);
    if (resolved !== null && !isEnum) describeProto(resolved as protobuf.Type, seen);
  }
  return seen;
};

test.each([
  ['traces', traceRequest],
  ['logs', logsRequest],
  ['metrics', metricsRequest],
] as const)('%s has every message and field of the .proto files, and no other', (signal, type) => {
  const ours = describe(requests[signal]);
  expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(describeProto(type)));
  expect(ours.size).toBeGreaterThan(9);
});

test('every id is read as hex, and nothing else is', () => {
  const ids: string[] = [];
  const collect = (message: Message, seen: Set<Message>): void => {
    if (seen.has(message)) return;
    seen.add(message);
    for (const field of message.byNumber) {
      if (field?.type === 'id') ids.push(`${message.name}.${field.name}`);
      if (field?.message) collect(field.message, seen);
    }
  };
  const seen = new Set<Message>();
  for (const message of Object.values(requests)) collect(message, seen);
  expect(ids.sort()).toEqual([
    'Exemplar.span_id',
    'Exemplar.trace_id',
    'Link.span_id',
    'Link.trace_id',
    'LogRecord.span_id',
    'LogRecord.trace_id',
    'Span.parent_span_id',
    'Span.span_id',
    'Span.trace_id',
  ]);
});
