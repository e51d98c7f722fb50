/** Money: asks the bank, and keeps what it said. */
import { metrics } from '@opentelemetry/api';
import { call, UpstreamError } from '../call.ts';
import { database } from '../database.ts';
import { log } from '../log.ts';
import { serve } from '../serve.ts';
import { describe, inSpan } from '../span.ts';

export interface Charge {
  readonly orderId: string;
  readonly amountCents: number;
  readonly card: { readonly issuer: string; readonly last4: string };
}

export interface AcquirerAnswer {
  readonly approved: boolean;
  readonly paymentId: string;
  /** ISO 8583 response code of the issuer; 00 is yes. */
  readonly code: string;
  readonly reason: string;
}

/** The issuer said no, for a reason that this service has no answer to. */
export class CardDeclinedError extends Error {
  override readonly name = 'CardDeclinedError';
}

const acquirerTimeoutMs = 1_500;
const authorizations = metrics
  .getMeter('@syntra/shop', '0.1.0')
  .createCounter('shop.payments.authorizations', { unit: '{authorization}', description: 'Answers of the bank' });

const authorize = (charge: Charge): Promise<AcquirerAnswer> =>
  inSpan(
    'authorize payment',
    {
      'order.id': charge.orderId,
      'payment.amount_cents': charge.amountCents,
      'payment.card.issuer': charge.card.issuer,
    },
    async (span) => {
      const answer = await call<AcquirerAnswer>('acquirer', 'POST', '/v2/authorizations', charge, acquirerTimeoutMs);
      span.setAttributes({ 'payment.id': answer.paymentId, 'payment.response_code': answer.code });
      authorizations.add(1, { 'payment.response_code': answer.code, 'payment.card.issuer': charge.card.issuer });
      return accept(charge, answer);
    },
  );

/** 51 is an everyday no, which the customer hears as 402. Every other code was never thought of. */
const accept = (charge: Charge, answer: AcquirerAnswer): AcquirerAnswer => {
  if (answer.approved) return answer;
  const { issuer, last4 } = charge.card;
  const decline = { 'order.id': charge.orderId, 'payment.response_code': answer.code, 'payment.card.issuer': issuer };
  if (answer.code === '51') {
    log.warn(decline, `card ending in ${last4} declined: ${answer.reason}`);
    throw new UpstreamError('your bank declined the card: insufficient funds', 402);
  }
  log.error(decline, `card declined by ${issuer}: ${answer.reason} (code ${answer.code}), no rule for this code`);
  throw new CardDeclinedError(`card declined: ${answer.reason} (code ${answer.code})`);
};

await serve((app) => {
  app.addHook('onClose', () => database.end());

  app.post<{ Body: Charge }>('/v1/authorizations', async (request, reply) => {
    const charge = request.body;
    describe({ 'order.id': charge.orderId, 'payment.amount_cents': charge.amountCents });
    const answer = await authorize(charge);
    await database.query('INSERT INTO payments (id, order_id, amount_cents) VALUES ($1, $2, $3)', [
      answer.paymentId,
      charge.orderId,
      charge.amountCents,
    ]);
    log.info({ 'order.id': charge.orderId, 'payment.id': answer.paymentId }, `payment authorized ${answer.paymentId}`);
    return reply.code(201).send({ paymentId: answer.paymentId });
  });

  app.delete<{ Params: { id: string } }>('/v1/authorizations/:id', async (request) => {
    await database.query('UPDATE payments SET voided_at = now() WHERE id = $1', [request.params.id]);
    log.warn({ 'payment.id': request.params.id }, `payment voided ${request.params.id}`);
    return { voided: true };
  });
});
