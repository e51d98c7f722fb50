/**
 * One kept-alive connection that posts prepared requests, one at a time: head and body are written at once, and of the
 * answer only status and length are read. Node's own client costs several times that, on the machine that is measured.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly bodyBytes: number;
}

export interface HttpConnection {
  /** @throws Error when the connection broke before there was an answer; the next call connects anew */
  post(head: Buffer, body: Buffer): Promise<Answer>;
  close(): void;
}

/** As Content-Encoding has it. SDKs send no compression by default, a Collector's exporter gzip. */
export type Compression = 'identity' | 'gzip';

export const isCompression = (name: string): name is Compression => name === 'identity' || name === 'gzip';

/** What goes before a body of so many bytes. */
export const headOf = (url: URL, path: string, bodyBytes: number, compression: Compression): Buffer => {
  const encoding = compression === 'identity' ? '' : `Content-Encoding: ${compression}\r\n`;
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: ${url.host}\r\nContent-Type: application/x-protobuf\r\n${encoding}Content-Length: ${bodyBytes}\r\n\r\n`,
  );
};

export const openHttpConnection = (url: URL): HttpConnection => {
  let socket: Socket | undefined;
  let waiting: { resolve(answer: Answer): void; reject(error: Error): void } | undefined;
  let received: Buffer = Buffer.alloc(0);

  const fail = (error: Error): void => {
    socket?.destroy();
    socket = undefined;
    received = Buffer.alloc(0);
    waiting?.reject(error);
    waiting = undefined;
  };

  const open = async (): Promise<Socket> => {
    const opened = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
    await once(opened, 'connect');
    opened.on('error', fail);
    opened.on('close', () => socket === opened && fail(new Error('The connection was closed.')));
    opened.on('data', (part: Buffer) => {
      received = received.length === 0 ? part : Buffer.concat([received, part]);
      const answer = readAnswer(received);
      if (answer === undefined) return;
      received = Buffer.alloc(0);
      waiting?.resolve(answer);
      waiting = undefined;
    });
    return opened;
  };

  return {
    async post(head, body) {
      socket ??= await open();
      const { promise, resolve, reject } = Promise.withResolvers<Answer>();
      waiting = { resolve, reject };
      socket.cork();
      socket.write(head);
      socket.write(body);
      socket.uncork();
      return promise;
    },
    close() {
      socket?.removeAllListeners('close').destroy();
      socket = undefined;
    },
  };
};

/** Undefined while it is not complete. @throws Error when it is not what a server of OTLP/HTTP says */
const readAnswer = (bytes: Buffer): Answer | undefined => {
  const headBytes = bytes.indexOf('\r\n\r\n') + 4;
  if (headBytes < 4) return undefined;
  const head = bytes.toString('latin1', 0, headBytes);
  const status = /^HTTP\/1\.1 (\d{3})/.exec(head)?.[1];
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  if (status === undefined || length === undefined) throw new Error(`This is no answer with a length: ${head}`);
  const bodyBytes = Number(length);
  return bytes.length < headBytes + bodyBytes ? undefined : { status: Number(status), bodyBytes };
};
