/** How a failed span says so in one word, and whether it is where the failure began. */
import type { Span, SpanEvent } from '../../../../api/contract/traces.ts';
import type { Attributes } from '../../../../api/contract/values.ts';
import { attributeText } from './attribute-text.ts';
import type { RowSpan } from './row-span.ts';
import type { SpanNode } from './tree.ts';

export interface Failure {
  /** Nothing below it failed: the eye should land here. */
  readonly origin: boolean;
  readonly text: string;
  readonly title: string;
}

/** Null for a span that did not fail. An origin is named by what was thrown, those it passed through by their status. */
export function failureOf(node: SpanNode): Failure | null {
  if (node.span?.status.code !== 'error') return null;
  const { attributes, status, exceptionType } = node.span;
  const origin = node.errors === 1;
  const thrown = exceptionType || textOf(attributes, ['error.type']);
  const answered = textOf(attributes, statusKeys);
  // Below 400, and gRPC's OK, the answer is not what failed.
  const code = answered !== undefined && /^(?:0|OK|[123]\d\d)$/.test(answered) ? undefined : answered;
  const full = (origin ? (thrown ?? code) : (code ?? thrown)) ?? 'error';
  return { origin, text: shortType(full), title: status.message === '' ? full : `${full}: ${status.message}` };
}

export interface Exception {
  readonly event: SpanEvent;
  readonly type: string | undefined;
  readonly message: string | undefined;
  readonly stacktrace: string | undefined;
}

/** The exceptions recorded on a span, as OpenTelemetry's conventions for events name them; oldest first. */
export const exceptionsOf = (span: Span): Exception[] =>
  span.events
    .filter((event) => event.name === 'exception')
    .map((event) => ({
      event,
      type: textOf(event.attributes, ['exception.type']),
      message: textOf(event.attributes, ['exception.message']),
      stacktrace: textOf(event.attributes, ['exception.stacktrace']),
    }));

/** The HTTP or gRPC status of a span's answer, if it carries one. */
export const answerStatus = (span: RowSpan): string | undefined => textOf(span.attributes, statusKeys);

/**
 * The first line of a stack that names a file which is not a library's or the runtime's, trimmed: where to look.
 * Reads the stacks of Node, browsers, Python and Java.
 */
export function ownFrame(stacktrace: string): string | undefined {
  const frames = stacktrace.split('\n').filter((line) => /^\s*(?:at |File ".+", line |\S+@\S+:\d+)/.test(line));
  return (frames.find((line) => !foreign.test(line)) ?? frames[0])?.trim();
}

const statusKeys = [
  'http.response.status_code',
  'http.status_code',
  'rpc.response.status_code',
  'rpc.grpc.status_code',
];
const foreign =
  /node_modules|\(node:|at node:|site-packages|[/\\]lib[/\\]python|\bjava\.|\bjavax\.|\bjdk\.|\bsun\.|org\.(?:apache|springframework)\./;

function textOf(attributes: Attributes, keys: readonly string[]): string | undefined {
  const value = keys.map((key) => attributes[key]).find((found) => found !== undefined && found !== '');
  return value === undefined ? undefined : attributeText(value);
}

/** `java.lang.IllegalStateException` is read by its end. */
const shortType = (type: string) =>
  /^[\w.$]+\.[A-Za-z]\w*$/.test(type) ? type.slice(type.lastIndexOf('.') + 1) : type;
