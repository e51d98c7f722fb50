#!/bin/sh
# `npm start`: packages, explorer, then the whole product, each in place of the one before: nothing stays but Syntra.
cd "$(dirname "$0")/.." || exit 1
node=$(node cli/bootstrap.mjs) || exit 1
PATH=$(dirname "$node"):$PWD/node_modules/.bin:$PATH
# What V8 made of our TypeScript, kept from start to start: half of the CPU of one.
: "${NODE_COMPILE_CACHE:=$PWD/node_modules/.cache/syntra}"
# Threads for the engine's queries, the file system and compression: four are too few for all three.
: "${UV_THREADPOOL_SIZE:=16}"
# By default glibc keeps a heap for nearly each of them, and what one has freed serves no other.
: "${MALLOC_ARENA_MAX:=2}"
export PATH NODE_COMPILE_CACHE UV_THREADPOOL_SIZE MALLOC_ARENA_MAX
node cli/build-explorer.ts || exit 1
# Whoever stopped npm meanwhile has stopped us.
kill -0 "$PPID" || exit 1
exec node --max-semi-space-size=8 main.ts "$@"
