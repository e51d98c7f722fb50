/** Who is signed in. */
import { randomBytes } from 'node:crypto';
import { database } from '../database.ts';
import { isFaulty } from '../faults.ts';
import { log } from '../log.ts';
import { serve } from '../serve.ts';
import { describe } from '../span.ts';

export interface Session {
  readonly customerId: string;
  readonly ageSeconds: number;
}

/** What the service does about an expired token is what version 3.8.0 got wrong: it answers null instead of 401. */
const introspect = async (token: string): Promise<Session | null> => {
  const { rows } = await database.query<{ customer_id: string; age_s: number }>(
    'SELECT customer_id, extract(epoch FROM now() - created_at)::int AS age_s FROM sessions WHERE token = $1',
    [token],
  );
  const session = rows[0];
  if (!session) throw Object.assign(new Error('unknown session token'), { statusCode: 401 });
  if (isFaulty('expired-session') && token.charCodeAt(0) % 2 === 0) {
    const age = 3600 + session.age_s;
    log.warn(
      { 'session.id': token.slice(0, 6), 'session.age_s': age },
      'introspect: token expired, returning null session',
    );
    return null;
  }
  return { customerId: session.customer_id, ageSeconds: session.age_s };
};

await serve((app) => {
  app.addHook('onClose', () => database.end());

  app.post<{ Body: { customer: string } }>('/v1/sessions', async (request, reply) => {
    const token = randomBytes(12).toString('hex');
    await database.query('INSERT INTO sessions (token, customer_id) VALUES ($1, $2)', [token, request.body.customer]);
    describe({ 'session.id': token.slice(0, 6), 'enduser.id': request.body.customer });
    log.info({ 'enduser.id': request.body.customer }, `session opened for ${request.body.customer}`);
    return reply.code(201).send({ token });
  });

  app.post<{ Body: { token: string } }>('/v1/sessions/introspect', async (request) => {
    const session = await introspect(request.body.token);
    describe({ 'session.id': request.body.token.slice(0, 6), 'session.valid': session !== null });
    return { session };
  });
});
