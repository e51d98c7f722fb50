import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { spansTopic } from '../kernel/topics.ts';
import { encodeRequest, openTestIngest, requestIn, spansOf, type TestIngest } from './test-ingest.ts';

let ingest: TestIngest;
beforeAll(async () => {
  ingest = await openTestIngest();
});
afterAll(() => ingest.close());

// The bytes of a request are freed when it is answered, and these come in the same piece from the socket.
test('requests that come one right behind the other are stored whole', async () => {
  const count = 20;
  const requests = Array.from({ length: count }, (_, i) => {
    const body = encodeRequest('traces', spansOf(`service-${i}-${'x'.repeat(i * 50)}`, {}));
    const head = [
      'POST /v1/traces HTTP/1.1',
      'host: localhost',
      'content-type: application/x-protobuf',
      `content-length: ${body.length}`,
      // the last answer ends the connection
      ...(i === count - 1 ? ['connection: close'] : []),
    ];
    return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]);
  });
  const { hostname, port } = new URL(ingest.url);
  const socket = connect(Number(port), hostname);
  let answers = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    answers += text;
  });
  socket.write(Buffer.concat(requests));
  await once(socket, 'close');
  expect(answers.match(/^HTTP\/1\.1 \d+/gm)).toEqual(Array(count).fill('HTTP/1.1 200'));
  const records = await ingest.recordsOf(spansTopic.name);
  const names = records.map((record) => /service-\d+-x*/.exec(JSON.stringify(requestIn('traces', record)))?.[0]);
  expect(names.sort()).toEqual(Array.from({ length: count }, (_, i) => `service-${i}-${'x'.repeat(i * 50)}`).sort());
});
