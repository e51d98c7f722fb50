/**
 * /livez: the process lives. /readyz: it should be sent requests now, since each store it depends on answers and nothing
 * speaks against it. Anybody may ask: no reason holds more than a word to those who run the installation.
 */
import type { FastifyInstance } from 'fastify';
import { settledWithin } from '../../kernel/settled-within.ts';

/** Rejects when the dependency does not answer; resolves with a string when it is not ready, which is told to anybody. */
export type Check = () => Promise<unknown>;
export type Checks = Readonly<Record<string, Check>>;

const checkTimeoutMs = 2_000;

export const registerHealth = (app: FastifyInstance, checks: Checks): void => {
  for (const path of ['/livez', '/healthz']) app.get(path, async () => ({ alive: true }));
  app.get('/readyz', async (request, reply) => {
    const answers = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => [name, await answerOf(check, name, request.log)] as const),
    );
    const ready = answers.every(([, answer]) => answer === 'answers');
    return reply
      .code(ready ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ ready, dependencies: Object.fromEntries(answers) });
  });
};

/** Why something was rejected stays in our log. */
const answerOf = async (check: Check, name: string, log: FastifyInstance['log']): Promise<string> => {
  const answer = await settledWithin(Promise.resolve().then(check), checkTimeoutMs);
  if (answer?.status === 'fulfilled') return typeof answer.value === 'string' ? answer.value : 'answers';
  const error = answer === undefined ? new Error(`no answer within ${checkTimeoutMs} ms`) : answer.reason;
  log.warn({ error, dependency: name }, 'A store does not answer');
  return 'does not answer';
};
