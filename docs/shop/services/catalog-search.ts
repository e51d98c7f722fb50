/** What is for sale. */
import { database } from '../database.ts';
import { isFaulty } from '../faults.ts';
import { log } from '../log.ts';
import { serve } from '../serve.ts';
import { describe, inSpan } from '../span.ts';

export interface Product {
  readonly sku: string;
  readonly name: string;
  readonly category: string;
  readonly priceCents: number;
}

type ProductRow = Omit<Product, 'priceCents'> & { readonly price_cents: number };

const fromRow = ({ price_cents, ...product }: ProductRow): Product => ({ ...product, priceCents: price_cents });

const listProducts = async (): Promise<Product[]> => {
  const { rows } = await database.query<ProductRow>(
    'SELECT sku, name, category, price_cents FROM products ORDER BY name',
  );
  if (!isFaulty('n-plus-one')) return rows.map(fromRow);
  return inSpan('price products', { 'products.count': rows.length }, async () => {
    const products: Product[] = [];
    for (const row of rows) {
      const price = await database.query<{ cents: number }>(
        'SELECT cents FROM price_history WHERE sku = $1 ORDER BY valid_from DESC LIMIT 1',
        [row.sku],
      );
      products.push({ ...fromRow(row), priceCents: price.rows[0]?.cents ?? row.price_cents });
    }
    return products;
  });
};

/** Makes a few hundred megabytes of short-lived objects without a pause: collections rise and requests wait. */
const rebuildIndex = (): void => {
  const startedAt = performance.now();
  const entries = Array.from({ length: 1_000_000 }, (_, i) => ({ term: `term-${i}`, postings: [i, i + 1, i + 2] }));
  const copied = JSON.parse(JSON.stringify(entries)) as typeof entries;
  const durationMs = Math.round(performance.now() - startedAt);
  log.warn({ 'index.entries': copied.length, 'duration.ms': durationMs }, `index rebuilt in ${durationMs} ms`);
};

const rebuilding = setInterval(() => {
  if (isFaulty('gc-stall')) rebuildIndex();
}, 2_000);

await serve((app) => {
  app.addHook('onClose', async () => {
    clearInterval(rebuilding);
    await database.end();
  });

  app.get('/v1/products', async () => {
    const products = await listProducts();
    describe({ 'products.count': products.length });
    return { products };
  });

  app.get<{ Params: { sku: string } }>('/v1/products/:sku', async (request) => {
    const { rows } = await database.query<ProductRow>(
      'SELECT sku, name, category, price_cents FROM products WHERE sku = $1',
      [request.params.sku],
    );
    describe({ 'product.sku': request.params.sku });
    if (!rows[0]) throw Object.assign(new Error(`no product ${request.params.sku}`), { statusCode: 404 });
    return fromRow(rows[0]);
  });

  app.get<{ Querystring: { q: string } }>('/v1/search', async (request) => {
    const { rows } = await database.query<ProductRow>(
      "SELECT sku, name, category, price_cents FROM products WHERE name ILIKE '%' || $1 || '%' ORDER BY name LIMIT 10",
      [request.query.q],
    );
    describe({ 'search.query': request.query.q, 'search.hits': rows.length });
    if (rows.length === 0) log.info({ 'search.query': request.query.q }, `nothing found for "${request.query.q}"`);
    return { products: rows.map(fromRow) };
  });
});
