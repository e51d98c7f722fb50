import { expect, it } from 'vitest';
import { traceIdIn } from './lookup.ts';

const id = '4f2a91d07be34c6c8c07e1f2a4b94d10';

it.each([
  [id, id],
  [` ${id.toUpperCase()}\n`, id],
  [`00-${id}-00f067aa0ba902b7-01`, id],
  [`trace_id=${id} span_id=00f067aa0ba902b7`, id],
  [`https://syntra.test/traces/${id}?span=1`, id],
  ['00f067aa0ba902b7', null],
  [`${id}ab`, null],
  ['0'.repeat(32), null],
  ['checkout', null],
])('%s', (text, expected) => {
  expect(traceIdIn(text)).toBe(expected);
});
