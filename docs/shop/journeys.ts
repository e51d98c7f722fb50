/** What visitors do in the shop, one request at a time: each journey yields a request and is given its answer. */
import type { Product } from './services/catalog-search.ts';
import type { Charge } from './services/payments.ts';

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

/** Parsed JSON of an answer; null when there was none. */
export type Journey = Generator<Request, void, unknown>;

interface Customer {
  readonly id: string;
  readonly card: Charge['card'];
}

const customers: readonly Customer[] = [
  { id: 'cus_abe', card: { issuer: 'Meridian Bank', last4: '4410' } },
  { id: 'cus_bao', card: { issuer: 'Northern Trust', last4: '0092' } },
  { id: 'cus_cleo', card: { issuer: 'Credit Coop', last4: '7315' } },
  { id: 'cus_dina', card: { issuer: 'Meridian Bank', last4: '2258' } },
  { id: 'cus_edo', card: { issuer: 'Northern Trust', last4: '6671' } },
  { id: 'cus_fay', card: { issuer: 'Credit Coop', last4: '1809' } },
];

const words = ['grinder', 'kettle', 'oolong', 'filter', 'cup', 'espresso', 'samovar', 'scale'];

function* browse(turn: number): Journey {
  yield { method: 'GET', path: '/' };
  const { products } = (yield { method: 'GET', path: '/products' }) as { products: readonly Product[] };
  const { sku } = products[turn % products.length]!;
  yield { method: 'GET', path: `/products/${sku}` };
}

function* search(turn: number): Journey {
  const found = (yield { method: 'GET', path: `/search?q=${words[turn % words.length]}` }) as {
    products: readonly Product[];
  };
  for (const { sku } of found.products.slice(0, 2)) yield { method: 'GET', path: `/products/${sku}` };
}

function* buy(turn: number): Journey {
  const customer = customers[turn % customers.length]!;
  const session = (yield { method: 'POST', path: '/login', body: { customer: customer.id } }) as {
    token: string;
    cart: string;
  };
  const { products } = (yield { method: 'GET', path: '/products' }) as { products: readonly Product[] };
  for (let line = 0; line < 1 + (turn % 4); line += 1) {
    const { sku } = products[(turn * 7 + line * 11) % products.length]!;
    yield { method: 'PUT', path: `/cart/${session.cart}`, body: { sku, quantity: 1 + (line % 2) } };
  }
  yield { method: 'POST', path: '/checkout', body: { ...session, card: customer.card } };
}

const kinds = [buy, browse, buy, search];

/** The `n`th visitor of the day. */
export const journey = (n: number): Journey => {
  const turn = Math.floor(n / kinds.length) * 2 + (n % kinds.length > 1 ? 1 : 0);
  return kinds[n % kinds.length]!(turn);
};
