/** What the check does with each field of each message: the schema, compiled together with the rules on ids and times. */

import { anyValue, keyValue, resource } from '../messages.ts';
import { type Field, type Message, wireTypeOf } from '../schema.ts';
import type { Fault } from './rejections.ts';

export interface Step {
  readonly does:
    | 'skip'
    | 'string'
    | 'id'
    | 'time'
    | 'message'
    | 'attribute'
    | 'resource'
    | 'record'
    | 'container'
    | 'resourceContainer';
  readonly wire: number;
  /** The wire type of one element of a repeated number, else -1. */
  readonly elementWire: number;
  /** Of a message. */
  readonly steps: Steps | undefined;
  /** 1 when the message is an array or a map. */
  readonly deepens: number;
  /** Bytes that an id must have. */
  readonly idBytes: number;
  /** A bit of its own when a record must have this field, else 0. */
  readonly bit: number;
  /** The value is not what it must be: not UTF-8, of a wrong length, too late. */
  readonly fault: Fault;
  /** The value is missing, or zero, where a record must have one. */
  readonly missing: Fault;
}

export interface Steps {
  readonly byNumber: (Step | undefined)[];
  /** Steps with a bit, and all their bits. */
  readonly required: Step[];
  requiredBits: number;
}

/** `required` of `proto/trace/v1` and the data points' `time_unix_nano`; log records may do without all of it. */
const requiredFields: Readonly<Record<string, readonly string[]>> = {
  Span: ['trace_id', 'span_id', 'start_time_unix_nano', 'end_time_unix_nano'],
  NumberDataPoint: ['time_unix_nano'],
  HistogramDataPoint: ['time_unix_nano'],
  ExponentialHistogramDataPoint: ['time_unix_nano'],
  SummaryDataPoint: ['time_unix_nano'],
};

/**
 * Where an id of a wrong length means no id: receivers should then take the record for one without a trace
 * (opentelemetry/proto/logs/v1/logs.proto). The row writers leave such an id out.
 */
const standsWithoutIds: ReadonlySet<string> = new Set(['LogRecord', 'Exemplar']);

const compiled = new Map<Message, Steps>();

export const stepsOf = (message: Message): Steps => {
  const known = compiled.get(message);
  if (known) return known;
  const steps: Steps = { byNumber: [], required: [], requiredBits: 0 };
  // before its fields: AnyValue holds itself
  compiled.set(message, steps);
  for (const field of message.byNumber) {
    const step = field && stepOf(message, field, 1 << steps.required.length);
    steps.byNumber.push(step);
    if (step && step.bit !== 0) {
      steps.required.push(step);
      steps.requiredBits |= step.bit;
    }
  }
  return steps;
};

const stepOf = (message: Message, field: Field, nextBit: number): Step => {
  const wire = wireTypeOf(field.type);
  const does = actionOf(message, field);
  const required = requiredFields[message.name]?.includes(field.name) ?? false;
  const isNumber = field.type !== 'string' && wire !== 2;
  const name = message.kind === 'record' ? field.name : `${message.name}.${field.name}`;
  const idBytes = field.name === 'trace_id' ? 16 : 8;
  return {
    does,
    wire: field.repeated && isNumber ? 2 : wire,
    elementWire: field.repeated && isNumber ? wire : -1,
    steps: field.message && stepsOf(field.message),
    deepens: message === anyValue && field.message ? 1 : 0,
    idBytes,
    bit: required ? nextBit : 0,
    fault: faultOf(does, name, idBytes),
    missing: { reason: `no-${field.name}`, what: () => `no ${field.name}` },
  };
};

const actionOf = (message: Message, field: Field): Step['does'] => {
  if (field.type === 'id') return standsWithoutIds.has(message.name) ? 'skip' : 'id';
  if (field.type === 'string') return 'string';
  if (field.message === resource) return 'resource';
  if (field.message === keyValue) return 'attribute';
  if (field.message?.kind === 'record') return 'record';
  if (field.message?.kind === 'container') return message.name.startsWith('Export') ? 'resourceContainer' : 'container';
  if (field.message) return 'message';
  // when something began may be anything; when it was, may not be later than now
  const isTime = field.name.endsWith('time_unix_nano') && (message.name === 'Span' || !field.name.startsWith('start_'));
  return isTime ? 'time' : 'skip';
};

const faultOf = (does: Step['does'], name: string, idBytes: number): Fault => {
  const named = `${/^[aeio]/i.test(name) ? 'an' : 'a'} ${name}`;
  if (does === 'id') {
    return { reason: 'id-length', what: (length) => `${named} of ${length} bytes instead of ${idBytes}` };
  }
  if (does === 'time') {
    return { reason: 'future', what: (year) => `${named} more than 24 hours after arrival, in the year ${year}` };
  }
  return { reason: 'invalid-utf8', what: () => `invalid UTF-8 in ${name}` };
};
