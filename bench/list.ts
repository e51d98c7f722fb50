/** Every bench there is, in the order in which `npm run bench` calls them. */
import { buildExplorer } from '../cli/build-explorer.ts';
import { provideChromium } from '../cli/chromium.ts';
import { cachePath } from './cache.ts';

export interface Bench {
  /** As one calls for it: `npm run bench -- ingest`. */
  readonly name: string;
  /** Commands, one after the other: a script and its arguments. */
  readonly calls: readonly (readonly [script: string, ...args: string[]])[];
  /** Instead of them, for a quick look; default: the last of them with `--quick`. None: it has no quick form. */
  readonly quickCalls?: readonly (readonly [script: string, ...args: string[]])[];
  /** Puts up what it needs. Why it cannot be run here, when it cannot. */
  prepare?(): string | undefined;
}

/** Millions of spans. Stores of this size are built once, and kept. */
const sizes = [1, 10, 50];
const storeOf = (million: number): string => cachePath(`queries-${million}m`);

export const benches: readonly Bench[] = [
  { name: 'transcode', calls: [['transcode.ts']] },
  { name: 'insert', calls: [['insert-wire.ts']] },
  { name: 'ingest', calls: [['ingest.ts']] },
  { name: 'roles', calls: [['roles.ts']] },
  { name: 'footprint', calls: [['footprint.ts']] },
  { name: 'stored-size', calls: [['stored-size.ts']] },
  { name: 'peers', calls: [['peers/main.ts']] },
  {
    name: 'queries',
    calls: [
      ...sizes.map((million): [string, ...string[]] => [
        'queries/build.ts',
        '--directory',
        storeOf(million),
        '--spans',
        `${million}000000`,
        '--logs',
        `${2 * million}000000`,
      ]),
      ['queries.ts', ...sizes.flatMap((million) => ['--directory', storeOf(million)])],
    ],
    quickCalls: [['queries.ts', '--quick', '--calls', '6']],
  },
  {
    name: 'explorer',
    calls: [['explorer.ts']],
    prepare() {
      const chromium = provideChromium(process.env);
      if (chromium === undefined) return 'there is no Chromium on this machine: install it, or set CHROMIUM_PATH';
      process.env.CHROMIUM_PATH = chromium;
      buildExplorer();
      return undefined;
    },
  },
  { name: 'k6', calls: [['k6.ts']] },
  { name: 'growth', calls: [['growth.ts']] },
  { name: 'kafka', calls: [['kafka-clients.ts']], quickCalls: [] },
];
