/**
 * The queue between checkout and the worker: a table of the shop's database. Nobody instruments such a queue for us, so
 * the message carries the context of its sender, as W3C `traceparent`, and both ends make their own spans.
 */
import { type Context, context, propagation, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { database } from './database.ts';
import { recordError } from './span.ts';

const queue = 'order-jobs';
const tracer = trace.getTracer('@syntra/shop', '0.1.0');
const attributes = { 'messaging.system': 'postgresql', 'messaging.destination.name': queue };

/** Called within the transaction of a purchase; whoever packs the order continues its trace. */
export const enqueueOrder = (orderId: string): Promise<void> =>
  tracer.startActiveSpan(
    `send ${queue}`,
    { kind: SpanKind.PRODUCER, attributes: { ...attributes, 'messaging.operation.type': 'send', 'order.id': orderId } },
    async (span) => {
      const carrier: Record<string, string> = {};
      propagation.inject(context.active(), carrier);
      try {
        await database.query('INSERT INTO order_jobs (order_id, carrier) VALUES ($1, $2)', [orderId, carrier]);
      } catch (error) {
        recordError(span, error);
        throw error;
      } finally {
        span.end();
      }
    },
  );

/** Takes the oldest job and runs `work` in the trace that sent it. False when the queue is empty. */
export const takeOrder = async (work: (orderId: string) => Promise<void>): Promise<boolean> => {
  const { rows } = await database.query<{ order_id: string; carrier: Record<string, string>; waited_ms: number }>(
    `DELETE FROM order_jobs WHERE id = (SELECT id FROM order_jobs ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
     RETURNING order_id, carrier, (extract(epoch FROM now() - created_at) * 1000)::int AS waited_ms`,
  );
  const job = rows[0];
  if (!job) return false;
  const sender: Context = propagation.extract(ROOT_CONTEXT, job.carrier);
  await tracer.startActiveSpan(
    `process ${queue}`,
    {
      kind: SpanKind.CONSUMER,
      attributes: {
        ...attributes,
        'messaging.operation.type': 'process',
        'order.id': job.order_id,
        'order_job.waited_ms': job.waited_ms,
      },
    },
    sender,
    async (span) => {
      try {
        await work(job.order_id);
      } catch (error) {
        recordError(span, error);
      } finally {
        span.end();
      }
    },
  );
  return true;
};
