/** Packs what was ordered: no callers, only a queue. */
import { setTimeout as sleep } from 'node:timers/promises';
import { context, metrics } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { database } from '../database.ts';
import { log } from '../log.ts';
import { takeOrder } from '../order-jobs.ts';
import { follow } from '../serve.ts';
import { inSpan } from '../span.ts';

const pollMs = 250;
const stopping = new AbortController();

metrics
  .getMeter('@syntra/shop', '0.1.0')
  .createObservableGauge('shop.order_jobs.waiting', { unit: '{order}', description: 'Orders that wait to be packed' })
  .addCallback(async (result) => {
    const { rows } = await untraced(() => database.query('SELECT count(*)::int AS waiting FROM order_jobs'));
    result.observe(rows[0].waiting);
  });

/** Looking into an empty queue four times a second is nothing that anybody wants to see. */
const untraced = <T>(work: () => Promise<T>): Promise<T> => context.with(suppressTracing(context.active()), work);

const pack = async (orderId: string): Promise<void> => {
  await inSpan('pack order', { 'order.id': orderId }, async () => {
    await sleep(20 + Math.random() * 40);
    await database.query("UPDATE orders SET status = 'packed' WHERE id = $1", [orderId]);
    await database.query('DELETE FROM reservations WHERE order_id = $1', [orderId]);
  });
  log.info({ 'order.id': orderId }, `order ${orderId} packed`);
};

const work = async (): Promise<void> => {
  while (!stopping.signal.aborted) {
    const found = await untraced(() => takeOrder(pack));
    if (!found) await sleep(pollMs, undefined, { signal: stopping.signal }).catch(() => {});
  }
};

const working = work();
follow(null, async () => {
  stopping.abort();
  await working;
  await database.end();
});
