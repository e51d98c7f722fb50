/** Signing in to Kafka, and what people are told who may not: how to put it right, and never a password. */
import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { alterUserScramCredentialsV0, Connection } from '@platformatic/kafka';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { KafkaConfig } from '../config-stores.ts';
import { OperatorError } from '../operator-error.ts';
import { spansTopic } from '../topics.ts';
import { openKafkaLog } from './kafka.ts';
import type { Log } from './log.ts';
import { startKafka, type TestKafka } from './test-kafka.ts';

const plainLogin = 'org.apache.kafka.common.security.plain.PlainLoginModule required';
const scramLogin = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
const adminPassword = 'of-the-brokers';

let kafka: TestKafka;
beforeAll(async () => {
  kafka = await startKafka({
    settings: {
      'listener.security.protocol.map': 'PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT',
      'inter.broker.listener.name': 'PLAINTEXT',
      'sasl.mechanism.inter.broker.protocol': 'PLAIN',
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-512,SCRAM-SHA-256',
      'listener.name.plaintext.plain.sasl.jaas.config': `${plainLogin} username="admin" password="${adminPassword}" user_admin="${adminPassword}" user_guest="of-the-guest";`,
      'listener.name.plaintext.scram-sha-512.sasl.jaas.config': scramLogin,
      'listener.name.plaintext.scram-sha-256.sasl.jaas.config': scramLogin,
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:admin;User:syntra;User:ANONYMOUS',
    },
  });
  await createScramUser('syntra', 'of-syntra');
});
afterAll(() => kafka.stop());

const createScramUser = async (name: string, password: string): Promise<void> => {
  const sasl = { mechanism: 'PLAIN', username: 'admin', password: adminPassword } as const;
  const connection = new Connection('test', { sasl });
  const [host, port] = kafka.bootstrap[0]!.split(':');
  await connection.connect(host!, Number(port));
  const salt = randomBytes(16);
  const iterations = 4096;
  for (const [mechanism, hash, bytes] of [
    [1, 'sha256', 32],
    [2, 'sha512', 64],
  ] as const) {
    const saltedPassword = pbkdf2Sync(password, salt, iterations, bytes, hash);
    await alterUserScramCredentialsV0.api.async(
      connection,
      [],
      [{ name, mechanism, iterations, salt, saltedPassword }],
    );
  }
  await connection.close();
};

const openAs = (sasl: KafkaConfig['sasl'], change: Partial<KafkaConfig> = {}): Promise<Log> =>
  openKafkaLog({
    kafka: { brokers: kafka.bootstrap, tls: false, sasl, prefix: 'p.', replicas: undefined, ...change },
    topics: [spansTopic],
    startTimeoutMs: 1_000,
  });

test.each([
  ['PLAIN', 'admin', adminPassword],
  ['SCRAM-SHA-256', 'syntra', 'of-syntra'],
  ['SCRAM-SHA-512', 'syntra', 'of-syntra'],
] as const)('signs in with %s', async (mechanism, username, password) => {
  const log = await openAs({ mechanism, username, password });
  await log.append(spansTopic.name, [{ key: 'k', headers: {}, value: Buffer.from('a') }]);
  await log.close();
});

const guest = { mechanism: 'PLAIN', username: 'guest', password: 'of-the-guest' } as const;
const admin = { mechanism: 'PLAIN', username: 'admin', password: adminPassword } as const;

test.each([
  ['a wrong password', { ...admin, password: 'a-wrong-password' }, {}, /SYNTRA_KAFKA_PASSWORD/],
  ['a wrong password with SCRAM', { ...admin, mechanism: 'SCRAM-SHA-512' }, {}, /SYNTRA_KAFKA_PASSWORD/],
  ['nobody at all', undefined, {}, /SYNTRA_KAFKA_USERNAME/],
  ['a user without rights', guest, {}, /rights Create, Describe, Read and Write/],
  ['TLS where there is none', admin, { tls: true }, /SYNTRA_KAFKA_TLS/],
  ['more copies than brokers', admin, { prefix: 'q.', replicas: 3 }, /SYNTRA_KAFKA_REPLICAS/],
  ['an address where nobody listens', admin, { brokers: ['127.0.0.1:1'] }, /SYNTRA_KAFKA_BROKERS/],
] as const)('says what to do about %s', async (_, sasl, change, advice) => {
  const error = await openAs(sasl, change).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(OperatorError);
  expect((error as Error).message).toMatch(advice);
  expect((error as Error).message).not.toMatch(/of-the|a-wrong-password/);
});
