import { expect, test } from 'vitest';
import { decodeTraces, encodeTraces } from '../kernel/otlp/proof/reference.ts';
import { readCorpus, signals } from './corpus-file.ts';
import { scrub } from './scrub.ts';

const text = (key: string, value: string) => ({ key, value: { stringValue: value } });

test('names of the machine give way to others of the same length, and nothing else changes', () => {
  const attributes = [text('host.name', 'my-laptop'), text('server.address', '/tmp/shop-x1/socket'), text('text', 'a')];
  const span = { name: 'GET /', attributes: [text('exception.stacktrace', 'at pay (/home/me/shop/pay.ts:1:2)')] };
  const request = encodeTraces({ resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans: [span] }] }] });
  scrub(request, { paths: ['/home/me'] });
  const [{ resource, scopes }] = decodeTraces(request) as [ReturnType<typeof decodeTraces>[0]];
  expect(resource?.attributes).toEqual([
    text('host.name', 'n4.eu-cen'),
    text('server.address', '/var/run/postgresql'),
    text('text', 'a'),
  ]);
  expect(scopes[0]!.records[0]).toMatchObject({
    name: 'GET /',
    attributes: [text('exception.stacktrace', 'at pay (/srv/sho/shop/pay.ts:1:2)')],
  });
});

test('the corpus names no machine', () => {
  for (const signal of signals) {
    const all = Buffer.concat(readCorpus(signal)).toString('latin1');
    expect(all.length).toBeGreaterThan(100_000);
    expect(all.match(/\/(home|root|Users|tmp|work)\/[\w./-]*/)?.[0], signal).toBeUndefined();
  }
});
