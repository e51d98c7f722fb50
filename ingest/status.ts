/**
 * What goes back to a sender: `google.rpc.Status` after a refusal, the signal's Export…ServiceResponse otherwise, both in
 * protobuf and in JSON. https://github.com/googleapis/googleapis/blob/master/google/rpc/{status,error_details}.proto
 */
import type { Signal } from '../kernel/otlp/messages.ts';
import { ProtobufWriter } from '../kernel/otlp/protobuf-writer.ts';
import { type RefusedError, refusalCodes } from './refusal.ts';

export interface Accepted {
  /** Records that were not stored, and why. */
  readonly rejected: number;
  readonly message: string;
}

/** Bodies stay far below the 4 MiB that clients read. */
const maxMessageLength = 4096;

const badRequest = 'type.googleapis.com/google.rpc.BadRequest';
const retryInfo = 'type.googleapis.com/google.rpc.RetryInfo';

/** @param retryAfterSeconds 0 when it is not to be tried again */
export const statusInProtobuf = (refused: RefusedError, retryAfterSeconds: number): Buffer => {
  const writer = newWriter();
  const message = refused.message.slice(0, maxMessageLength);
  writer.tag(1, 0);
  writer.varint(refusalCodes[refused.kind].grpc);
  text(writer, 2, message);
  if (refused.kind === 'malformed') {
    detail(writer, badRequest, () => {
      const violation = writer.open(1);
      text(writer, 1, refused.field);
      text(writer, 2, message);
      writer.close(violation);
    });
  }
  if (retryAfterSeconds > 0) {
    detail(writer, retryInfo, () => {
      const delay = writer.open(1);
      writer.tag(1, 0);
      writer.varint(retryAfterSeconds);
      writer.close(delay);
    });
  }
  return writer.written();
};

export const statusInJson = (refused: RefusedError, retryAfterSeconds: number): Buffer => {
  const message = refused.message.slice(0, maxMessageLength);
  const details: object[] = [];
  if (refused.kind === 'malformed') {
    details.push({ '@type': badRequest, fieldViolations: [{ field: refused.field, description: message }] });
  }
  if (retryAfterSeconds > 0) details.push({ '@type': retryInfo, retryDelay: `${retryAfterSeconds}s` });
  const { grpc: code } = refusalCodes[refused.kind];
  return Buffer.from(JSON.stringify(details.length > 0 ? { code, message, details } : { code, message }));
};

/** Empty after full success: `partial_success` must then be unset. */
export const responseInProtobuf = ({ rejected, message }: Accepted): Buffer => {
  if (rejected === 0) return nothing;
  const writer = newWriter();
  const partialSuccess = writer.open(1);
  writer.tag(1, 0);
  writer.varint(rejected);
  text(writer, 2, message.slice(0, maxMessageLength));
  writer.close(partialSuccess);
  return writer.written();
};

export const responseInJson = ({ rejected, message }: Accepted, signal: Signal): Buffer => {
  if (rejected === 0) return emptyObject;
  // 64-bit integers are text in protobuf's JSON
  const partialSuccess = {
    [rejectedNames[signal]]: String(rejected),
    errorMessage: message.slice(0, maxMessageLength),
  };
  return Buffer.from(JSON.stringify({ partialSuccess }));
};

const nothing = Buffer.alloc(0);
const emptyObject = Buffer.from('{}');

const rejectedNames: Readonly<Record<Signal, string>> = {
  traces: 'rejectedSpans',
  logs: 'rejectedLogRecords',
  metrics: 'rejectedDataPoints',
};

const newWriter = (): ProtobufWriter => new ProtobufWriter(256, 16 * maxMessageLength);

const text = (writer: ProtobufWriter, field: number, value: string): void => {
  writer.tag(field, 2);
  writer.string(value);
};

/** A `google.protobuf.Any` in `Status.details`. */
const detail = (writer: ProtobufWriter, typeUrl: string, write: () => void): void => {
  const any = writer.open(3);
  text(writer, 1, typeUrl);
  const value = writer.open(2);
  write();
  writer.close(value);
  writer.close(any);
};
