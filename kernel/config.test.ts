import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { readConfig } from './config.ts';
import { ConfigError } from './config-error.ts';

test('needs no setting at all', () => {
  expect(readConfig([], {})).toEqual({
    roles: ['ingest', 'processors', 'api'],
    kafka: undefined,
    clickhouse: undefined,
    postgres: undefined,
    ingestKey: undefined,
    otlpHttpUrl: undefined,
    otlpGrpcUrl: undefined,
    drainDelayMs: 0,
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
    startedByNpm: false,
    unknown: [],
  });
});

test('takes an empty variable for one that is not set', () => {
  expect(readConfig([], { SYNTRA_PORT: '', SYNTRA_HOST: '' })).toMatchObject({ port: 3000, host: '127.0.0.1' });
});

test.each([
  { SYNTRA_PORT: '70000' },
  { SYNTRA_PORT: 'http' },
  { SYNTRA_RETENTION_DAYS: '0' },
  { SYNTRA_MAX_REQUEST_BYTES: '12' },
  { SYNTRA_ADMIN_TOKEN: 'short' },
  { SYNTRA_LOG_LEVEL: 'loud' },
  { SYNTRA_KAFKA_BROKERS: 'kafka.example.com' },
  { SYNTRA_KAFKA_BROKERS: 'a:1,,b:2' },
  { SYNTRA_KAFKA_PREFIX: 'two words' },
  { SYNTRA_CLICKHOUSE_URL: 'clickhouse.example.com:8123' },
  { SYNTRA_CLICKHOUSE_DATABASE: 'a; DROP' },
  { SYNTRA_POSTGRES_URL: 'mysql://db' },
  { SYNTRA_INGEST_KEY: 'syn_short' },
  { SYNTRA_DRAIN_DELAY_SECONDS: '-1' },
])('names the setting that cannot be used: %o', (env) => {
  expect(() => readConfig([], env)).toThrow(ConfigError);
  expect(() => readConfig([], env)).toThrow(Object.keys(env)[0]!);
});

test('knows which addresses only this machine can reach', () => {
  const token = { SYNTRA_ADMIN_TOKEN: 'sixteen characters' };
  const loopback = (host: string) => readConfig([], { ...token, SYNTRA_HOST: host }).loopback;
  expect(['127.0.0.1', '127.9.9.9', '::1', 'localhost'].map(loopback)).toEqual([true, true, true, true]);
  expect(['0.0.0.0', '::', '192.0.2.7', '127.example.com', 'example.com'].map(loopback)).toEqual(Array(5).fill(false));
});

test('asks for a token before it lets others in, and never says what the token is', () => {
  expect(() => readConfig([], { SYNTRA_HOST: '0.0.0.0' })).toThrow(/set SYNTRA_ADMIN_TOKEN/);
  const tooShort = () => readConfig([], { SYNTRA_ADMIN_TOKEN: 'hunter2' });
  expect(tooShort).toThrow(/SYNTRA_ADMIN_TOKEN/);
  expect(tooShort).not.toThrow(/hunter2/);
});

test('each store is the embedded one unless it is told where another is', () => {
  const config = readConfig([], {
    SYNTRA_KAFKA_BROKERS: 'a:9092, [::1]:9093',
    SYNTRA_KAFKA_USERNAME: 'syntra',
    SYNTRA_KAFKA_PASSWORD: 'secret',
    SYNTRA_CLICKHOUSE_URL: 'https://ch:8443',
    SYNTRA_POSTGRES_URL: 'postgres://syntra@db/syntra',
  });
  expect(config.kafka).toEqual({
    brokers: ['a:9092', '[::1]:9093'],
    tls: false,
    sasl: { mechanism: 'SCRAM-SHA-512', username: 'syntra', password: 'secret' },
    prefix: '',
    replicas: undefined,
  });
  expect(config.clickhouse).toEqual({ url: 'https://ch:8443/', username: 'default', password: '', database: 'syntra' });
  expect(config.postgres).toEqual({ url: 'postgres://syntra@db/syntra', password: undefined });
  expect(() => readConfig(['--role', 'ingest'], { SYNTRA_KAFKA_BROKERS: 'a:1', SYNTRA_KAFKA_USERNAME: 'x' })).toThrow(
    'needed together',
  );
});

test('a name and a password may be in the address of ClickHouse, and settings go before them', () => {
  const SYNTRA_CLICKHOUSE_URL = 'https://m%40x:a%20secret@ch:8443/behind?database=other';
  const url = 'https://ch:8443/behind';
  const found = (env = {}) => readConfig([], { SYNTRA_CLICKHOUSE_URL, ...env }).clickhouse;
  expect(found()).toEqual({ url, username: 'm@x', password: 'a secret', database: 'syntra' });
  expect(found({ SYNTRA_CLICKHOUSE_PASSWORD: 'newer' })).toMatchObject({ username: 'm@x', password: 'newer' });
  expect(found({ SYNTRA_CLICKHOUSE_USERNAME: 'app' })).toMatchObject({ username: 'app', password: 'a secret' });
  const notEncoded = () => readConfig([], { SYNTRA_CLICKHOUSE_URL: 'http://app:100%@ch' });
  expect(notEncoded).toThrow('SYNTRA_CLICKHOUSE_URL cannot be used: write a % in the name or the password as %25.');
});

test('a role of its own needs stores that it can share, and says which', () => {
  expect(() => readConfig(['--role', 'ingest'], {})).toThrow(/--role ingest .* set SYNTRA_KAFKA_BROKERS\./);
  const kafka = { SYNTRA_KAFKA_BROKERS: 'a:9092' };
  expect(readConfig(['--role', 'ingest'], kafka).roles).toEqual(['ingest']);
  expect(() => readConfig(['--role', 'api', '--role', 'ingest'], kafka)).toThrow(
    'set SYNTRA_CLICKHOUSE_URL and SYNTRA_POSTGRES_URL',
  );
});

test('does not let two processes share a log and keep rows of it apart', () => {
  expect(() => readConfig([], { SYNTRA_KAFKA_BROKERS: 'a:9092' })).toThrow(
    'set SYNTRA_CLICKHOUSE_URL and SYNTRA_POSTGRES_URL',
  );
});

test('takes no larger requests than a record of Kafka can hold', () => {
  const large = { SYNTRA_MAX_REQUEST_BYTES: String(2 ** 27) };
  expect(readConfig([], large).maxRequestBytes).toBe(2 ** 27);
  expect(() => readConfig(['--role', 'ingest'], { ...large, SYNTRA_KAFKA_BROKERS: 'a:9092' })).toThrow(
    /67108864 at most/,
  );
});

test('knows its roles, and says so when it does not', () => {
  expect(() => readConfig(['--role', 'cook'], {})).toThrow('no role cook: choose from ingest, processors, api');
  expect(() => readConfig(['--rôle'], {})).toThrow(/Known is --role/);
});

test('reads secrets from files, as containers are given them', () => {
  const directory = mkdtempSync(join(tmpdir(), 'syntra-config-'));
  const path = join(directory, 'token');
  writeFileSync(path, 'sixteen characters\n');
  expect(readConfig([], { SYNTRA_ADMIN_TOKEN_FILE: path }).adminToken).toBe('sixteen characters');
  const both = { SYNTRA_ADMIN_TOKEN_FILE: path, SYNTRA_ADMIN_TOKEN: 'sixteen characters' };
  expect(() => readConfig([], both)).toThrow('set one of them');
  rmSync(directory, { recursive: true });
  expect(() => readConfig([], { SYNTRA_ADMIN_TOKEN_FILE: path })).toThrow(/SYNTRA_ADMIN_TOKEN_FILE cannot be used/);
});

test('finds variables that were meant to be settings', () => {
  expect(readConfig([], { SYNTRA_PROT: '3000', SYNTRA_PORT: '3000', PROT: '1' }).unknown).toEqual(['SYNTRA_PROT']);
});
