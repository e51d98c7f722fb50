/** How many spans a second so many processes of the role `processors` store over Kafka, all on this machine. */
import { openWorld } from '../../docs/faults/world.ts';
import { type Driven, drive } from '../drive.ts';
import { systemOf } from '../roles-system.ts';
import { runLoad } from '../run-load.ts';

/** As fast as they are acknowledged. */
export const throughputByProcessors = async (processors: number, seconds: number): Promise<Driven> => {
  const world = await openWorld({
    mode: 'distributed',
    layout: { ingest: 1, processors, api: 1 },
    env: { UV_THREADPOOL_SIZE: '16' },
  });
  try {
    await world.startAll();
    const system = systemOf(world);
    await runLoad(system.otlpHttpUrl, { seconds: 2, recordsPerSecond: 20_000, seed: 1 });
    await system.untilStored();
    return await drive(system, { seconds, seed: 2 });
  } finally {
    await world.close();
  }
};
