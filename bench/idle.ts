/**
 * What it costs to have it running: a new installation that nobody sends to or looks at, all its processes together.
 * `node bench/idle.ts [--minutes 10]`: so long it is left alone, and then watched for another minute.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startEmbeddedSystem } from './embedded-system.ts';
import { residentBytesOf, treeResidentBytes } from './process-tree.ts';
import { isQuick, report } from './results.ts';

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: isQuick ? '0.05' : '10' },
    quick: { type: 'boolean' },
    record: { type: 'boolean' },
  },
});
const watchSeconds = isQuick ? 5 : 60;

const system = await startEmbeddedSystem();
try {
  await sleep(Number(options.minutes) * 60_000);
  const before = system.readCpu();
  const samples: number[] = [];
  for (let i = 0; i < watchSeconds; i++) {
    await sleep(1000);
    samples.push(treeResidentBytes(system.pid));
  }
  const shares = Object.entries(system.readCpu()).map(([part, after]): [string, number] => [
    part,
    ((after - before[part]!) / watchSeconds) * 100,
  ]);
  const all = shares.reduce((sum, [, share]) => sum + share, 0);
  report({ name: 'idle.cpu', values: all, unit: '% of a core', target: { atMost: 1 } });
  for (const [part, share] of shares) report({ name: `idle.cpu.${part}`, values: share, unit: '% of a core' });
  const peak = Math.max(...samples) / 1e6;
  report({ name: 'idle.memory', values: peak, unit: 'MB resident, all processes', target: { atMost: 400 } });
  report({ name: 'idle.memory.syntra', values: residentBytesOf(system.pid) / 1e6, unit: 'MB resident' });
} finally {
  await system.close();
}
