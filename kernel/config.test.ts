import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { ConfigError, readConfig } from './config.ts';

test('needs no setting at all', () => {
  expect(readConfig({})).toEqual({
    dataDir: resolve('.syntra'),
    host: '127.0.0.1',
    port: 3000,
    otlpHttpPort: 4318,
    otlpGrpcPort: 4317,
    adminToken: undefined,
    retentionDays: 30,
    maxRequestBytes: 67_108_864,
    loopback: true,
    logLevel: 'info',
  });
});

test('takes an empty variable for one that is not set', () => {
  expect(readConfig({ SYNTRA_PORT: '', SYNTRA_HOST: '' })).toMatchObject({ port: 3000, host: '127.0.0.1' });
});

test.each([
  { SYNTRA_PORT: '70000' },
  { SYNTRA_PORT: 'http' },
  { SYNTRA_RETENTION_DAYS: '0' },
  { SYNTRA_MAX_REQUEST_BYTES: '12' },
  { SYNTRA_ADMIN_TOKEN: 'short' },
  { SYNTRA_LOG_LEVEL: 'loud' },
])('names the setting that cannot be used: %o', (env) => {
  expect(() => readConfig(env)).toThrow(ConfigError);
  expect(() => readConfig(env)).toThrow(Object.keys(env)[0]!);
});

test('knows which addresses only this machine can reach', () => {
  const token = { SYNTRA_ADMIN_TOKEN: 'sixteen characters' };
  const loopback = (host: string) => readConfig({ ...token, SYNTRA_HOST: host }).loopback;
  expect(['127.0.0.1', '127.9.9.9', '::1', 'localhost'].map(loopback)).toEqual([true, true, true, true]);
  expect(['0.0.0.0', '::', '192.0.2.7', '127.example.com', 'example.com'].map(loopback)).toEqual(Array(5).fill(false));
});

test('asks for a token before it lets others in, and never says what the token is', () => {
  expect(() => readConfig({ SYNTRA_HOST: '0.0.0.0' })).toThrow(/set SYNTRA_ADMIN_TOKEN/);
  const tooShort = () => readConfig({ SYNTRA_ADMIN_TOKEN: 'hunter2' });
  expect(tooShort).toThrow(/SYNTRA_ADMIN_TOKEN/);
  expect(tooShort).not.toThrow(/hunter2/);
});
