# One image for every role, and for all of them in one process. Nothing is compiled: Node runs the TypeScript as it is.
FROM node:24.21-bookworm-slim AS explorer
WORKDIR /syntra
COPY package.json package-lock.json ./
COPY ui/package.json ui/
COPY docs/shop/package.json docs/shop/
# Not `npm ci`: the lock does not list the engines of every platform (cli/bootstrap.mjs).
RUN npm install --no-save --no-audit --no-fund
COPY . .
RUN npm run build --workspace ui

FROM node:24.21-bookworm-slim AS dependencies
WORKDIR /syntra
COPY package.json package-lock.json ./
RUN npm install --no-save --no-audit --no-fund --omit=dev --workspaces=false \
  # the image has a Node of its own
  && rm -rf node_modules/node-linux-* node_modules/node-bin-* node_modules/.bin/node

FROM node:24.21-bookworm-slim
WORKDIR /syntra
RUN useradd --system --uid 10001 --no-create-home syntra \
  && install -d -o syntra -m 700 /var/lib/syntra /run/syntra
COPY --from=dependencies /syntra/node_modules node_modules
COPY --from=explorer /syntra/ui/build ui/build
COPY package.json main.ts syntra.ts LICENSE ./
COPY kernel kernel
COPY ingest ingest
COPY processors processors
COPY api api
COPY cli cli
USER syntra
# UV_THREADPOOL_SIZE: zstd and file work run beside the engine's own calls.
ENV NODE_ENV=production UV_THREADPOOL_SIZE=16 SYNTRA_HOST=0.0.0.0 SYNTRA_DATA_DIR=/var/lib/syntra
VOLUME /var/lib/syntra
EXPOSE 3000 4317 4318
HEALTHCHECK --interval=5s --timeout=4s --start-period=90s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:3000/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# No npm between: signals reach the program, which finishes what it has accepted.
ENTRYPOINT ["node", "main.ts"]
