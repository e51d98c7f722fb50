-- Everything the shop keeps, and 38 things to sell.
CREATE TABLE products (
  sku text PRIMARY KEY,
  name text NOT NULL,
  category text NOT NULL,
  price_cents int NOT NULL
);
CREATE TABLE stock (sku text PRIMARY KEY REFERENCES products, available int NOT NULL);
-- Without an index on sku: whoever asks for one product at a time reads all of it each time.
CREATE TABLE price_history (sku text NOT NULL, cents int NOT NULL, valid_from timestamptz NOT NULL);
CREATE TABLE sessions (
  token text PRIMARY KEY,
  customer_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE cart_lines (cart_id text, sku text REFERENCES products, quantity int NOT NULL, PRIMARY KEY (cart_id, sku));
CREATE TABLE reservations (order_id text, sku text, quantity int NOT NULL, PRIMARY KEY (order_id, sku));
CREATE TABLE payments (id text PRIMARY KEY, order_id text NOT NULL, amount_cents int NOT NULL, voided_at timestamptz);
CREATE TABLE orders (
  id text PRIMARY KEY,
  customer_id text NOT NULL,
  total_cents int NOT NULL,
  status text NOT NULL DEFAULT 'placed',
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE order_jobs (
  id bigserial PRIMARY KEY,
  order_id text NOT NULL,
  carrier jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

INSERT INTO products (sku, name, category, price_cents)
SELECT 'sku-' || lpad(n::text, 3, '0'), name, category, 390 + (n * 7919) % 18000
FROM unnest(
  ARRAY['Assam, loose leaf', 'Earl Grey', 'Gyokuro', 'Oolong, dark', 'Sencha', 'Darjeeling, first flush',
    'Espresso beans, dark', 'Filter beans, light', 'Decaf beans', 'Hand grinder', 'Electric grinder', 'Grinder brush',
    'Pour-over kettle', 'Stove kettle', 'Travel kettle', 'Paper filter, 100', 'Cloth filter', 'Metal filter',
    'Porcelain cup', 'Glass cup', 'Tasting cup', 'Teapot, cast iron', 'Teapot, glass', 'Samovar', 'Kitchen scale',
    'Pocket scale', 'Milk jug', 'Milk thermometer', 'Tamper', 'Portafilter', 'Espresso machine', 'Moka pot', 'Aeropress',
    'French press', 'Descaler', 'Storage tin', 'Matcha whisk', 'Gift box'],
  ARRAY['tea', 'tea', 'tea', 'tea', 'tea', 'tea', 'coffee', 'coffee', 'coffee', 'grinders', 'grinders', 'grinders',
    'kettles', 'kettles', 'kettles', 'filters', 'filters', 'filters', 'cups', 'cups', 'cups', 'pots', 'pots', 'pots',
    'scales', 'scales', 'milk', 'milk', 'espresso', 'espresso', 'espresso', 'brewers', 'brewers', 'brewers', 'care',
    'storage', 'tea', 'gifts']
) WITH ORDINALITY AS product (name, category, n);
INSERT INTO stock (sku, available) SELECT sku, 200 FROM products;
INSERT INTO price_history (sku, cents, valid_from)
SELECT sku, price_cents, timestamptz '2026-01-01' + day * interval '1 day' FROM products, generate_series(0, 900) AS day;
