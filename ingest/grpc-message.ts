/** The one message of a unary gRPC call: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
import type { ServerHttp2Stream } from 'node:http2';
import { Body, tooLarge } from './body.ts';
import type { Lease } from './in-flight.ts';
import { RefusedError } from './refusal.ts';

export interface GrpcMessage {
  readonly isCompressed: boolean;
  readonly bytes: Buffer;
}

/** The call was cancelled, or its connection broke: nobody is left to answer. */
export class CallGoneError extends Error {
  override readonly name = 'CallGoneError';
}

/** A byte that says whether the message is compressed, and four for its length. */
const prefixBytes = 5;

/** @throws RefusedError (malformed, too-large, unavailable), CallGoneError */
export const readMessage = async (
  stream: ServerHttp2Stream,
  maxBytes: number,
  timeoutMs: number,
  lease: Lease,
): Promise<GrpcMessage> => {
  const body = new Body(maxBytes + prefixBytes, lease);
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      const take = (piece: Buffer): void => {
        try {
          body.add(piece);
          // the sender says beforehand how much is to come
          if (body.length >= prefixBytes && body.written().readUInt32BE(1) > maxBytes) throw tooLarge(maxBytes);
        } catch (error) {
          stream.off('data', take);
          reject(error);
        }
      };
      timer = setTimeout(
        () => reject(new RefusedError('unavailable', 'The request took too long to arrive.')),
        timeoutMs,
      );
      stream.on('data', take);
      stream.on('end', resolve);
      stream.on('close', () => reject(new CallGoneError()));
    });
  } finally {
    clearTimeout(timer);
  }
  const bytes = body.written();
  const length = bytes.length < prefixBytes ? -1 : bytes.readUInt32BE(1);
  if (length !== bytes.length - prefixBytes || bytes[0]! > 1) {
    throw new RefusedError('malformed', 'The call does not hold exactly one message.');
  }
  return { isCompressed: bytes[0] === 1, bytes: bytes.subarray(prefixBytes) };
};

export const framed = (message: Buffer): Buffer => {
  const prefix = Buffer.alloc(prefixBytes);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
};
