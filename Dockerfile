# One image for every role, and for all of them in one process. Nothing is compiled: Node runs the TypeScript as it is.
FROM node:24.21.0-bookworm-slim AS node
WORKDIR /syntra

FROM node AS explorer
COPY package.json package-lock.json .npmrc ./
COPY ui/package.json ui/
# Not `npm ci`: the lock does not list the engines of every platform (cli/bootstrap.mjs).
RUN npm install --no-save --workspace ui
COPY api/contract.ts api/
COPY api/contract api/contract
COPY ui ui
RUN npm run build --workspace ui

FROM node AS packages
COPY package.json package-lock.json .npmrc ./
# Without the Node that npm would bring, and without what only compilers and debuggers read.
RUN npm install --no-save --omit=dev --workspaces=false \
  && rm -rf node_modules/node-linux-* node_modules/node-bin-* node_modules/.bin \
  && find node_modules -type f \( -name '*.d.ts' -o -name '*.d.cts' -o -name '*.d.mts' -o -name '*.map' \) -delete

FROM node
# Both belong to the program, and so do volumes that are made in their place.
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin syntra \
  && install -d -o syntra -m 700 /var/lib/syntra /run/syntra compiled
COPY --from=packages /syntra/node_modules node_modules
COPY --from=explorer /syntra/ui/build ui/build
COPY package.json *.ts LICENSE ./
COPY kernel kernel
COPY ingest ingest
COPY processors processors
COPY api api
COPY cli/make-secrets.ts cli/
USER syntra
# cli/start.sh says why.
ENV NODE_ENV=production UV_THREADPOOL_SIZE=16 MALLOC_ARENA_MAX=2 NODE_COMPILE_CACHE=/syntra/compiled
# What V8 makes of the TypeScript belongs to the image: a container may have nowhere to keep it.
RUN node --max-semi-space-size=8 main.ts --help > /dev/null && node --max-semi-space-size=8 --input-type=module --eval \
  "for (const path of ['commands', 'api/api', 'ingest/ingest', 'kernel/log/kafka', 'kernel/state/server', \
    'kernel/telemetry/server', 'kernel/log/embedded', 'kernel/state/embedded', 'kernel/telemetry/embedded']) \
    await import('/syntra/' + path + '.ts')"
ENV SYNTRA_HOST=0.0.0.0 SYNTRA_DATA_DIR=/var/lib/syntra
EXPOSE 3000 4317 4318
# The same question for every role. Starting takes longer where a store does.
HEALTHCHECK --interval=5s --timeout=4s --start-period=90s CMD ["node", "-e", \
  "fetch(`http://127.0.0.1:${process.env.SYNTRA_PORT || 3000}/readyz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# No npm between: signals reach the program, which finishes what it has accepted.
ENTRYPOINT ["node", "--max-semi-space-size=8", "main.ts"]
