import { DrizzleQueryError } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { reasonOf } from './reason-of.ts';

const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' });

test('of a query that failed it says why, and neither the query nor what was in it', () => {
  const query = new DrizzleQueryError('insert into outbox values ($1)', ['a customer’s bytes'.repeat(1000)], refused);
  expect(reasonOf(query)).toBe('connect ECONNREFUSED 127.0.0.1:5432');
  expect(reasonOf(new Error('The state store does not answer.', { cause: query }))).toBe(
    'The state store does not answer: connect ECONNREFUSED 127.0.0.1:5432',
  );
  expect(reasonOf(new DrizzleQueryError('select $1', ['secret']))).toBe('A query failed.');
});

test('says nothing twice, and the innermost alone where all would be too much', () => {
  expect(reasonOf(new Error(`ClickHouse does not answer: ${refused.message}.`, { cause: refused }))).toBe(
    `ClickHouse does not answer: ${refused.message}.`,
  );
  expect(reasonOf(new Error('x'.repeat(400), { cause: refused }))).toBe(refused.message);
  expect(reasonOf(new Error('x'.repeat(400)))).toHaveLength(300);
});

test('finds a word for what has no message, or is no error', () => {
  const several = Object.assign(new AggregateError([refused]), { code: 'ECONNREFUSED' });
  expect(reasonOf(several)).toBe('ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:5432');
  expect(reasonOf(new AggregateError([], ''))).toBe('AggregateError');
  expect(reasonOf('gone')).toBe('gone');
  const circle = new Error('round');
  circle.cause = circle;
  expect(reasonOf(circle)).toBe('round');
});
