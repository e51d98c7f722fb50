/** An installation of several processes (`docs/faults/world.ts`), as benches drive it. */
import type { World } from '../docs/faults/world.ts';
import type { System } from './drive.ts';
import { countMarkers } from './embedded-system.ts';
import { treeCpuSeconds } from './process-tree.ts';

/** Its parts for CPU are its roles: processes of the same role are added up. */
export const systemOf = (world: World): System => ({
  otlpHttpUrl: world.ingestAddresses()[0]!.http,
  pids: world.parts.map(({ pid }) => pid),
  countMarkers: () => countMarkers((path) => world.ask(path)),
  untilStored: () => world.untilStored(),
  readCpu() {
    const seconds: Record<string, number> = {};
    for (const { name, pid } of world.parts) {
      const role = name.replace(/-\d+$/, '');
      seconds[role] = (seconds[role] ?? 0) + treeCpuSeconds(pid);
    }
    return seconds;
  },
  // Of ClickHouse, which is none of the roles.
  countMerges: () => 0,
});
