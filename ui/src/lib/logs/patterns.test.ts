import { describe, expect, it } from 'vitest';
import { lineAt } from './fixture-lines.ts';
import { gap, patternsOf, templateOf } from './patterns.ts';

const template = (body: string): string => templateOf(lineAt(0, { body })).join(gap);

describe('what varies', () => {
  it.each([
    ['GET /v1/stock/sku-035 200', 'GET /v1/stock/… 200'],
    ['upstream answered 503 after 12ms', 'upstream answered 503 after …'],
    ['user 6f1e0d9c-1111-4222-8333-944445555666 signed in', 'user … signed in'],
    ['no route to 10.0.3.17:8080', 'no route to …'],
    ['unknown key "promo x" in cart', 'unknown key … in cart'],
    ['retry 3 of 5', 'retry … of …'],
    ['cache warmed', 'cache warmed'],
  ])('%s', (body, expected) => {
    expect(template(body)).toBe(expected);
  });
});

describe('patterns', () => {
  const lines = [
    lineAt(1000, { body: 'sold 3 of sku-1', service: 'shop' }),
    lineAt(500, { body: 'sold 4 of sku-2', service: 'till' }),
    lineAt(0, { body: 'sold 5 of sku-3', severity: 'error' }),
    lineAt(0, { body: 'other', severity: 'debug' }, 1),
  ];

  it('count similar lines of one severity, most first, failures before others', () => {
    expect(patternsOf(lines, 2).map(({ pieces, severity, count }) => [pieces.join(gap), severity, count])).toEqual([
      ['sold … of …', 'info', 2],
      ['sold … of …', 'error', 1],
      ['other', 'debug', 1],
    ]);
  });

  it('lose no line, and know when and where', () => {
    const patterns = patternsOf(lines, 2);
    expect(patterns.reduce((sum, { count }) => sum + count, 0)).toBe(lines.length);
    expect(patterns[0]).toMatchObject({ services: ['shop', 'till'], counts: [0, 2], sample: lines[0] });
    for (const { count, counts } of patterns) expect(counts.reduce((a, b) => a + b, 0)).toBe(count);
  });

  it('are none without lines', () => {
    expect(patternsOf([])).toEqual([]);
  });
});
