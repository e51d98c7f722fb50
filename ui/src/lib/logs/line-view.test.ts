import { describe, expect, it } from 'vitest';
import { lineAt } from './fixture-lines.ts';
import { fieldValue, messageOf } from './line-view.ts';

describe('the message', () => {
  it.each([
    ['plain text', 'card declined', 'card declined'],
    ['structured', { msg: 'card declined', code: 62 }, 'card declined'],
    ['structured, without a message', { code: 62 }, '{"code":62}'],
    ['a list', ['a', 1], '["a",1]'],
    ['a number', 5, '5'],
    ['with the colours of a terminal', '\u001b[31merror\u001b[0m: no', 'error: no'],
  ])('of a %s body', (_, body, message) => {
    expect(messageOf(lineAt(0, { body }))).toBe(message);
  });

  it('is the event or what was thrown, where there is no body', () => {
    expect(messageOf(lineAt(0, { body: '', eventName: 'cart.emptied' }))).toBe('cart.emptied');
    expect(messageOf(lineAt(0, { body: null, attributes: { 'exception.message': 'no' } }))).toBe('no');
    expect(messageOf(lineAt(0, { body: null }))).toBe('');
  });
});

it('a field is looked for in the line, then in its resource', () => {
  const line = lineAt(0, {
    attributes: { a: 1 },
    resource: { attributes: { a: 2, 'host.name': 'web-1' }, schemaUrl: '' },
  });
  expect([fieldValue(line, 'a'), fieldValue(line, 'host.name'), fieldValue(line, 'b')]).toEqual(['1', 'web-1', '']);
});
