/** What is on the shelves, and what is set aside for an order. */
import { database } from '../database.ts';
import { log } from '../log.ts';
import { serve } from '../serve.ts';
import { describe, inSpan } from '../span.ts';

export interface Line {
  readonly sku: string;
  readonly quantity: number;
}

const lowStock = 20;
const refill = 500;

/** All lines or none: a shelf that runs empty in between refuses the whole order. */
const reserve = async (orderId: string, lines: readonly Line[]): Promise<void> => {
  const skus = lines.map((line) => line.sku);
  const quantities = lines.map((line) => line.quantity);
  await inSpan('reserve lines', { 'order.id': orderId, 'cart.lines': lines.length }, async (span) => {
    const { rows } = await database.query<{ sku: string; available: number }>(
      `UPDATE stock SET available = available - wanted.quantity
       FROM unnest($1::text[], $2::int[]) AS wanted (sku, quantity)
       WHERE stock.sku = wanted.sku AND available >= wanted.quantity RETURNING stock.sku, available`,
      [skus, quantities],
    );
    await database.query(
      'INSERT INTO reservations (order_id, sku, quantity) SELECT $1, * FROM unnest($2::text[], $3::int[])',
      [orderId, skus, quantities],
    );
    for (const row of rows.filter(({ available }) => available < lowStock)) {
      span.addEvent('stock.low', { 'product.sku': row.sku, 'stock.available': row.available });
      log.warn({ 'product.sku': row.sku, 'stock.available': row.available }, `${row.sku} runs low, refilling`);
      await database.query('UPDATE stock SET available = available + $2 WHERE sku = $1', [row.sku, refill]);
    }
  });
};

await serve((app) => {
  app.addHook('onClose', () => database.end());

  app.get<{ Params: { sku: string } }>('/v1/stock/:sku', async (request) => {
    const { rows } = await database.query<{ available: number }>('SELECT available FROM stock WHERE sku = $1', [
      request.params.sku,
    ]);
    describe({ 'product.sku': request.params.sku, 'stock.available': rows[0]?.available ?? 0 });
    return { available: rows[0]?.available ?? 0 };
  });

  app.post<{ Body: { orderId: string; lines: Line[] } }>('/v1/reservations', async (request, reply) => {
    const { orderId, lines } = request.body;
    describe({ 'order.id': orderId, 'cart.lines': lines.length });
    await reserve(orderId, lines);
    log.debug({ 'order.id': orderId }, `reserved ${lines.length} lines for ${orderId}`);
    return reply.code(201).send({ orderId });
  });

  app.delete<{ Params: { orderId: string } }>('/v1/reservations/:orderId', async (request) => {
    const { orderId } = request.params;
    const { rowCount } = await database.query(
      `WITH released AS (DELETE FROM reservations WHERE order_id = $1 RETURNING sku, quantity)
       UPDATE stock SET available = available + released.quantity FROM released WHERE stock.sku = released.sku`,
      [orderId],
    );
    describe({ 'order.id': orderId, 'cart.lines': rowCount ?? 0 });
    return { released: rowCount ?? 0 };
  });
});
