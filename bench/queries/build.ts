/**
 * Builds what `bench/queries.ts` asks: `node bench/queries/build.ts --spans 50000000 --logs 100000000 --directory <path>`.
 * Goes on where it was cut off.
 */
import { parseArgs } from 'node:util';
import { fillStore } from './fill.ts';

const { values: options } = parseArgs({
  options: {
    spans: { type: 'string', default: '1000000' },
    logs: { type: 'string', default: '2000000' },
    directory: { type: 'string' },
  },
});
if (options.directory === undefined)
  throw new Error('usage: node bench/queries/build.ts --directory <path> [--spans 1000000] [--logs 2000000]');

await fillStore({
  directory: options.directory,
  spans: Number(options.spans),
  logs: Number(options.logs),
  print: console.log,
});
