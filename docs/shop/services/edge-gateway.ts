/** The only door to the shop: what a browser asks for, put together from the services behind. */
import { randomBytes } from 'node:crypto';
import { call } from '../call.ts';
import { serve } from '../serve.ts';
import { describe } from '../span.ts';
import type { Product } from './catalog-search.ts';
import type { Line } from './inventory.ts';

interface Products {
  readonly products: readonly Product[];
}

await serve((app) => {
  app.get('/', async () => {
    const { products } = await call<Products>('catalog-search', 'GET', '/v1/products');
    return { featured: products.slice(0, 6) };
  });

  app.get('/products', () => call<Products>('catalog-search', 'GET', '/v1/products'));

  app.get<{ Params: { sku: string } }>('/products/:sku', async (request) => {
    const { sku } = request.params;
    const [product, stock] = await Promise.all([
      call<Product>('catalog-search', 'GET', `/v1/products/${sku}`),
      call<{ available: number }>('inventory', 'GET', `/v1/stock/${sku}`),
    ]);
    return { ...product, ...stock };
  });

  app.get<{ Querystring: { q: string } }>('/search', (request) =>
    call<Products>('catalog-search', 'GET', `/v1/search?q=${encodeURIComponent(request.query.q)}`),
  );

  app.post<{ Body: { customer: string } }>('/login', async (request, reply) => {
    describe({ 'enduser.id': request.body.customer });
    const { token } = await call<{ token: string }>('auth', 'POST', '/v1/sessions', request.body);
    return reply.code(201).send({ token, cart: `cart_${randomBytes(5).toString('hex')}` });
  });

  app.put<{ Params: { cart: string }; Body: Line }>('/cart/:cart', (request) =>
    call('checkout-api', 'PUT', `/v1/carts/${request.params.cart}/lines`, request.body),
  );

  app.post<{ Body: { cart: string; token: string } }>('/checkout', async (request, reply) => {
    const { cart, token } = request.body;
    describe({ 'cart.id': cart, 'session.id': token.slice(0, 6) });
    const { orderId } = await call<{ orderId: string }>('checkout-api', 'POST', '/v1/orders', request.body);
    describe({ 'order.id': orderId });
    return reply.code(201).send({ orderId });
  });
});
