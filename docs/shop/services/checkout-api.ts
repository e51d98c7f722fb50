/** Carts, and the way from a cart to an order. */
import { randomBytes } from 'node:crypto';
import { metrics } from '@opentelemetry/api';
import { call } from '../call.ts';
import { database } from '../database.ts';
import { log } from '../log.ts';
import { enqueueOrder } from '../order-jobs.ts';
import { serve } from '../serve.ts';
import { describe, inSpan } from '../span.ts';
import type { Session } from './auth.ts';
import type { Product } from './catalog-search.ts';
import type { Line } from './inventory.ts';
import type { Charge } from './payments.ts';

interface Purchase {
  readonly cart: string;
  readonly token: string;
  readonly card: Charge['card'];
}

const meter = metrics.getMeter('@syntra/shop', '0.1.0');
const orders = meter.createCounter('shop.orders', { unit: '{order}', description: 'Orders by how they ended' });
const orderValue = meter.createHistogram('shop.order.value', { unit: 'EUR', description: 'What an order is worth' });

const placeOrder = async (purchase: Purchase): Promise<string> => {
  const orderId = `ord_${randomBytes(5).toString('hex')}`;
  const lines = await linesOf(purchase.cart);
  describe({ 'order.id': orderId, 'cart.id': purchase.cart, 'cart.lines': lines.length });
  const totalCents = await quote(lines);
  await call('inventory', 'POST', '/v1/reservations', { orderId, lines });
  let paymentId: string | undefined;
  try {
    const charge: Charge = { orderId, amountCents: totalCents, card: purchase.card };
    ({ paymentId } = await call<{ paymentId: string }>('payments', 'POST', '/v1/authorizations', charge));
    await finalizeOrder(orderId, purchase, totalCents);
  } catch (error) {
    orders.add(1, { 'order.status': 'failed' });
    await compensate(orderId, paymentId);
    throw error;
  }
  orders.add(1, { 'order.status': 'placed' });
  orderValue.record(totalCents / 100);
  log.info(
    { 'order.id': orderId, 'cart.lines': lines.length, 'order.total_cents': totalCents },
    `order ${orderId} placed, ${(totalCents / 100).toFixed(2)} EUR`,
  );
  return orderId;
};

const linesOf = async (cart: string): Promise<Line[]> => {
  const { rows } = await database.query<Line>('SELECT sku, quantity FROM cart_lines WHERE cart_id = $1', [cart]);
  if (rows.length === 0) throw Object.assign(new Error(`cart ${cart} is empty`), { statusCode: 409 });
  return rows;
};

const quote = (lines: readonly Line[]): Promise<number> =>
  inSpan('quote cart', { 'cart.lines': lines.length }, async (span) => {
    const { products } = await call<{ products: Product[] }>('catalog-search', 'GET', '/v1/products');
    const prices = new Map(products.map((product) => [product.sku, product.priceCents]));
    const totalCents = lines.reduce((sum, line) => sum + line.quantity * (prices.get(line.sku) ?? 0), 0);
    span.setAttribute('cart.total_cents', totalCents);
    return totalCents;
  });

const finalizeOrder = (orderId: string, purchase: Purchase, totalCents: number): Promise<void> =>
  inSpan('finalize order', { 'order.id': orderId }, async (span) => {
    const customerId = await customerOf(purchase.token);
    span.setAttribute('enduser.id', customerId);
    await database.query('INSERT INTO orders (id, customer_id, total_cents) VALUES ($1, $2, $3)', [
      orderId,
      customerId,
      totalCents,
    ]);
    await enqueueOrder(orderId);
  });

/** The session was good when the cart was opened, which is why nobody expects it to be gone by now. */
const customerOf = async (token: string): Promise<string> => {
  const { session } = await call<{ session: Session }>('auth', 'POST', '/v1/sessions/introspect', { token });
  return session.customerId;
};

const compensate = (orderId: string, paymentId: string | undefined): Promise<void> =>
  inSpan('compensate', { 'order.id': orderId, 'payment.voided': paymentId !== undefined }, async () => {
    log.warn({ 'order.id': orderId }, `compensating ${orderId}: ${paymentId ? 'void payment, ' : ''}release lines`);
    if (paymentId) await call('payments', 'DELETE', `/v1/authorizations/${paymentId}`);
    await call('inventory', 'DELETE', `/v1/reservations/${orderId}`);
  });

await serve((app) => {
  app.addHook('onClose', () => database.end());

  app.put<{ Params: { cart: string }; Body: Line }>('/v1/carts/:cart/lines', async (request) => {
    const { sku, quantity } = request.body;
    describe({ 'cart.id': request.params.cart, 'product.sku': sku });
    await database.query(
      `INSERT INTO cart_lines (cart_id, sku, quantity) VALUES ($1, $2, $3)
       ON CONFLICT (cart_id, sku) DO UPDATE SET quantity = cart_lines.quantity + excluded.quantity`,
      [request.params.cart, sku, quantity],
    );
    return { cart: request.params.cart };
  });

  app.post<{ Body: Purchase }>('/v1/orders', async (request, reply) => {
    const orderId = await placeOrder(request.body);
    return reply.code(201).send({ orderId });
  });
});
