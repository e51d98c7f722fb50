/** /healthz: the process lives. /readyz: each store it depends on answers. */
import type { FastifyInstance } from 'fastify';

/** Rejects when the dependency does not answer. */
export type Check = () => Promise<unknown>;

const checkTimeoutMs = 2_000;

export const registerHealth = (app: FastifyInstance, dependencies: Readonly<Record<string, Check>>): void => {
  app.get('/healthz', async () => ({ alive: true }));
  app.get('/readyz', async (request, reply) => {
    const answers = await Promise.all(
      Object.entries(dependencies).map(
        async ([name, check]) => [name, await answerOf(check, name, request.log)] as const,
      ),
    );
    const ready = answers.every(([, answer]) => answer === 'answers');
    return reply
      .code(ready ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ ready, dependencies: Object.fromEntries(answers) });
  });
};

/** The reason stays in our log: anybody may ask here. */
const answerOf = async (check: Check, name: string, log: FastifyInstance['log']): Promise<string> => {
  let timer: NodeJS.Timeout | undefined;
  try {
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${checkTimeoutMs} ms`)), checkTimeoutMs);
    });
    await Promise.race([check(), late]);
    return 'answers';
  } catch (error) {
    log.warn({ error, dependency: name }, 'A store does not answer');
    return 'does not answer';
  } finally {
    clearTimeout(timer);
  }
};
