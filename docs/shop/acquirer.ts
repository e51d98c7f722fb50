/** The bank outside: not ours, so not instrumented. All that is known of it is what its callers measure. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { isFaulty } from './faults.ts';
import type { AcquirerAnswer, Charge } from './services/payments.ts';

export interface Acquirer {
  readonly url: string;
  stop(): Promise<void>;
}

/** One in this many charges is refused on an ordinary day. */
const usualDeclineOneIn = 40;
const unansweredMs = 20_000;

export const startAcquirer = async (): Promise<Acquirer> => {
  const stopping = new AbortController();
  let charges = 0;
  const server = createServer(async (request, response) => {
    const charge = (await json(request)) as Charge;
    charges += 1;
    const unanswered = isFaulty('acquirer-timeout') && charges % 2 === 0;
    const waitMs = unanswered ? unansweredMs : 15 + Math.random() * 30;
    await sleep(waitMs, undefined, { signal: stopping.signal }).catch(() => {});
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answerTo(charge, charges)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      stopping.abort();
      server.close();
      server.closeAllConnections();
    },
  };
};

const answerTo = (charge: Charge, charges: number): AcquirerAnswer => {
  const paymentId = `pi_${charge.orderId.slice(4)}`;
  if (isFaulty('card-declined') && charge.card.issuer === 'Meridian Bank')
    return { approved: false, paymentId, code: '62', reason: 'restricted card' };
  if (charges % usualDeclineOneIn === 0)
    return { approved: false, paymentId, code: '51', reason: 'insufficient funds' };
  return { approved: true, paymentId, code: '00', reason: 'approved' };
};
