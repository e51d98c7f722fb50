/**
 * What growth costs: throughput by processes that store, over Kafka; memory by services, by keys of attributes and by
 * followers of the live tail. `node bench/growth.ts [--only services]`. Each point is a new installation. How query times
 * grow with the store is `bench/queries.ts`; `bench/write-readme.ts` draws both.
 */
import { parseArgs } from 'node:util';
import { memoryByFollowers } from './growth/memory-by-followers.ts';
import { memoryByVariety } from './growth/memory-by-variety.ts';
import { throughputByProcessors } from './growth/throughput-by-processors.ts';
import { isQuick, report } from './results.ts';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    quick: { type: 'boolean' },
    record: { type: 'boolean' },
  },
});

const points = isQuick
  ? { processors: [2], services: [100], keys: [], followers: [20] }
  : {
      processors: [1, 2, 4],
      services: [10, 100, 1000, 10_000],
      keys: [10, 100, 1000, 10_000, 50_000],
      followers: [1, 10, 50, 100, 200, 400],
    };
const seconds = isQuick ? 3 : 60;
const spans = { spansPerSecond: isQuick ? 2_000 : 10_000, seconds };
const lines = { linesPerSecond: isQuick ? 100 : 500, seconds };

const parts: Readonly<Record<string, () => Promise<void>>> = {
  async processors() {
    for (const count of points.processors) {
      const { storedPerSecond, cpu } = await throughputByProcessors(count, seconds);
      report({ name: `growth.processors.${count}.spans`, values: storedPerSecond, unit: 'spans/s, stored' });
      report({ name: `growth.processors.${count}.cpu`, values: cpu.all, unit: 'CPU s per million spans, all roles' });
    }
  },
  async services() {
    for (const services of points.services) {
      tellMemory(`services.${services}`, await memoryByVariety({ services, attributeKeys: 100 }, spans));
    }
  },
  async keys() {
    for (const attributeKeys of points.keys) {
      tellMemory(`keys.${attributeKeys}`, await memoryByVariety({ services: 20, attributeKeys }, spans));
    }
  },
  async followers() {
    for (const followers of points.followers) {
      tellMemory(`followers.${followers}`, await memoryByFollowers(followers, lines));
    }
  },
};

const tellMemory = (name: string, bytes: number): void =>
  report({ name: `growth.${name}.memory`, values: bytes / 1e6, unit: 'MB resident at most' });

for (const [name, measure] of Object.entries(parts)) {
  if (options.only === undefined || options.only.includes(name)) await measure();
}
