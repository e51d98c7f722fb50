import { describe, expect, test } from 'vitest';
import type { IngestKey } from '../kernel/topics.ts';
import { authenticateBy, type Caller } from './authenticate.ts';
import { RefusedError } from './refusal.ts';

const keyless = { org: 'org_default', project: 'prj_default', retentionDays: 30 };
const known: IngestKey = { org: 'org_a', project: 'prj_a', retentionDays: 7, revoked: false };
const keys = { find: (key: string) => (key === 'good' ? known : undefined), announced: true };
const local = '127.0.0.1';

const projectOf = (headers: Caller['headers'], peerAddress: string | undefined = local, place = keyless): string => {
  try {
    return authenticateBy(keys, place)({ headers, peerAddress }).project;
  } catch (error) {
    if (error instanceof RefusedError) return error.kind;
    throw error;
  }
};

describe('a key', () => {
  test.each([
    [{ authorization: 'Bearer good' }],
    [{ authorization: 'bearer  good ' }],
    [{ 'x-syntra-key': 'good' }],
    [{ 'x-syntra-key': ' good ' }],
    [{ 'x-syntra-key': 'good', authorization: 'Basic of a proxy' }],
    [{ authorization: 'Bearer good', origin: 'https://any.example', 'x-forwarded-for': '203.0.113.1' }],
  ])('is taken from everywhere: %j', (headers) => {
    expect(projectOf(headers, '203.0.113.9')).toBe('prj_a');
  });

  test.each([
    [{ authorization: 'Bearer bad' }],
    [{ authorization: 'Bearer' }],
    [{ authorization: '' }],
    [{ authorization: 'good' }],
    [{ authorization: 'Bearer good more' }],
    [{ 'x-syntra-key': '' }],
    [{ 'x-syntra-key': ['good', 'good'] }],
    [{ 'x-syntra-key': 'bad', authorization: 'Bearer good' }],
  ])('that is not good is no reason to fall back to the default project: %j', (headers) => {
    expect(projectOf(headers)).toBe('unauthenticated');
  });
});

describe('no key', () => {
  test.each(['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1'])('from %s', (address) => {
    expect(projectOf({}, address)).toBe('prj_default');
  });

  test.each(['192.168.1.5', '10.0.0.1', '::ffff:10.0.0.1', 'fe80::1', '::', '127.evil', '', undefined])(
    'but not from %s',
    (address) => {
      // undefined: the connection is gone already
      expect(authenticateBy(keys, keyless).bind(null, { headers: {}, peerAddress: address })).toThrow(RefusedError);
    },
  );

  test.each(['forwarded', 'x-forwarded-for', 'x-real-ip'])('but not through a proxy that says so: %s', (name) => {
    expect(projectOf({ [name]: '127.0.0.1' })).toBe('unauthenticated');
  });

  test('but not where every sender needs one', () => {
    expect(authenticateBy(keys, undefined).bind(null, { headers: {}, peerAddress: local })).toThrow(RefusedError);
  });
});

test('before the first key is known nobody is told that theirs is wrong: they would drop their data', () => {
  const none = { find: () => undefined, announced: false };
  const caller = { headers: { authorization: 'Bearer good' }, peerAddress: local };
  expect(() => authenticateBy(none, undefined)(caller)).toThrow(expect.objectContaining({ kind: 'unavailable' }));
});
