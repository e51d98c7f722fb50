/** The body of an HTTP request: reading it within bounds, and getting rid of it. */
import type { IncomingMessage } from 'node:http';
import { Body, tooLarge } from './body.ts';
import type { Lease } from './in-flight.ts';

/** The connection broke before the request was complete: nobody is left to answer. */
export class SenderGoneError extends Error {
  override readonly name = 'SenderGoneError';
}

/** @throws RefusedError (too-large, unavailable), SenderGoneError */
export const readBody = async (request: IncomingMessage, maxBytes: number, lease: Lease): Promise<Buffer> => {
  const announcedBytes = Number(request.headers['content-length'] ?? 0);
  if (announcedBytes > maxBytes) throw tooLarge(maxBytes);
  const body = new Body(maxBytes, lease, announcedBytes);
  return new Promise((resolve, reject) => {
    const take = (piece: Buffer): void => {
      try {
        body.add(piece);
      } catch (error) {
        request.off('data', take);
        reject(error);
      }
    };
    request.on('data', take);
    let ended = false;
    request.on('end', () => {
      ended = true;
      resolve(body.written());
    });
    request.on('error', () => reject(new SenderGoneError()));
    // every request closes: an error is made, with its stack, for one that did so too early
    request.on('close', () => ended || reject(new SenderGoneError()));
  });
};

/**
 * Reads what is left of a refused request and forgets it: if the connection closed with bytes still unread, the sender
 * would see it reset instead of our answer, and send everything again.
 */
export const discardRest = (request: IncomingMessage, maxBytes: number): void => {
  let bytes = 0;
  request.on('error', () => {});
  request.on('data', (piece: Buffer) => {
    bytes += piece.length;
    if (bytes > maxBytes) request.destroy();
  });
};
