/** What an error of Kafka's means to us: whether it passes by itself, and what to tell whoever runs the cluster. */
import {
  GenericError,
  MultipleErrors,
  type ProtocolError,
  protocolErrors,
  protocolErrorsCodesById,
  ResponseError,
} from '@platformatic/kafka';
import { OperatorError } from '../operator-error.ts';

/** Kafka's name of an error code. */
export const errorName = (code: number): string => protocolErrorsCodesById[code] ?? `error ${code}`;

/** An error that the cluster answered with, by its name. */
export class KafkaError extends Error {
  override readonly name = 'KafkaError';
  readonly code: string;
  constructor(code: string, about: string) {
    super(`Kafka answered ${code} about ${about}.`);
    this.code = code;
  }
}

/** @throws KafkaError unless `code` is 0. */
export const refuse = (code: number, about: string): void => {
  if (code !== 0) throw new KafkaError(errorName(code), about);
};

/** The answer itself where parts of it are errors, which the library throws: their codes are in it. */
export const answerOf = async <Answer>(asked: Promise<Answer>): Promise<Answer> => {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ResponseError && error.response !== undefined) return error.response as Answer;
    throw error;
  }
};

/** Names of all errors in it, those of causes too. */
export const namesIn = (error: unknown): string[] => {
  if (error instanceof KafkaError) return [error.code];
  if (!(error instanceof Error)) return [];
  const within = error instanceof MultipleErrors ? error.errors.flatMap(namesIn) : [];
  const own = error instanceof GenericError ? [(error as ProtocolError).apiId as unknown, error.code] : [];
  return [...own.filter((name) => typeof name === 'string'), ...within, ...namesIn(error.cause)];
};

/** What it says, with what the cluster said: the library's own sentence names the request alone. */
export const describeError = (error: unknown): string => {
  const names = namesIn(error).filter((name) => !name.startsWith('PLT_KFK_'));
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
  const message = error instanceof Error ? error.message : String(error);
  return names.length > 0 && !(error instanceof KafkaError) ? names.join(', ') : `${message}${cause}`;
};

/** True when the broker did not answer at all. */
export const isUnanswered = (error: unknown): boolean => namesIn(error).includes('PLT_KFK_NETWORK');

/** Passes although the protocol does not call it retriable. */
const passing = new Set(['BROKER_NOT_AVAILABLE', 'UNKNOWN_SERVER_ERROR', 'STALE_MEMBER_EPOCH']);

export const isPassingName = (name: string): boolean => passing.has(name) || protocolErrors[name]?.canRetry === true;

/** True for what may be otherwise soon: a broker away, a leader or coordinator that moved, too few replicas, a full disk. */
export const isPassing = (error: unknown): boolean => {
  if (operatorErrorIn(error) !== undefined) return false;
  const names = namesIn(error);
  const told = names.filter((name) => !name.startsWith('PLT_KFK_'));
  if (told.length > 0) return told.every(isPassingName);
  return names.some((name) => name === 'PLT_KFK_NETWORK' || name === 'PLT_KFK_UNEXPECTED_CORRELATION_ID');
};

const remedies: Readonly<Record<string, string>> = {
  // The library's word for one side that speaks TLS and one that does not.
  PLT_KFK_USER: 'Kafka and we do not agree on TLS: check SYNTRA_KAFKA_TLS.',
  PLT_KFK_AUTHENTICATION: 'Kafka refuses us: check SYNTRA_KAFKA_USERNAME, SYNTRA_KAFKA_PASSWORD and SYNTRA_KAFKA_SASL.',
  SASL_AUTHENTICATION_FAILED:
    'Kafka refuses us: check SYNTRA_KAFKA_USERNAME, SYNTRA_KAFKA_PASSWORD and SYNTRA_KAFKA_SASL.',
  UNSUPPORTED_SASL_MECHANISM: 'Kafka does not know this way to sign in: check SYNTRA_KAFKA_SASL.',
  TOPIC_AUTHORIZATION_FAILED:
    'Kafka does not let us use our topics: give the user the rights Create, Describe, Read and Write on topics with the prefix in SYNTRA_KAFKA_PREFIX.',
  GROUP_AUTHORIZATION_FAILED:
    'Kafka does not let us use our consumer groups: give the user the right Read on groups with the prefix in SYNTRA_KAFKA_PREFIX.',
  CLUSTER_AUTHORIZATION_FAILED:
    'Kafka does not let us create topics or write idempotently: give the user the rights Create and IdempotentWrite on the cluster.',
  UNSUPPORTED_VERSION:
    'This Kafka is too old or keeps its consumer groups as an older one did: Syntra needs Apache Kafka 4.0 or later with the feature group.version at 1.',
};

/** What only whoever runs the cluster can put right, in a sentence that says how; undefined for all else. */
export const operatorErrorIn = (error: unknown): OperatorError | undefined => {
  if (error instanceof OperatorError) return error;
  const names = new Set(namesIn(error));
  const [, remedy] = Object.entries(remedies).find(([name]) => names.has(name)) ?? [];
  return remedy === undefined ? undefined : new OperatorError(remedy, { cause: error });
};
