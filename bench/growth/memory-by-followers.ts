/** How much memory a process takes while so many people follow the live tail of a steady flow of log lines. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbeddedSystem } from '../embedded-system.ts';
import { recordsOf, runLoad } from '../run-load.ts';
import { watchMemory } from '../watch-memory.ts';

export interface TailLoad {
  readonly linesPerSecond: number;
  readonly seconds: number;
}

/** The most that was seen, in bytes, of a new installation. @throws Error when a follower sees nothing */
export const memoryByFollowers = async (followers: number, { linesPerSecond, seconds }: TailLoad): Promise<number> => {
  const system = await startEmbeddedSystem();
  const sockets: WebSocket[] = [];
  try {
    const received = new Array<number>(followers).fill(0);
    for (let i = 0; i < followers; i++) {
      const socket = new WebSocket(`${system.url.replace(/^http/, 'ws')}/api/v1/live`);
      sockets.push(socket);
      socket.addEventListener('message', () => received[i]!++);
      await once(socket, 'open');
      socket.send(JSON.stringify({ type: 'follow', id: 'tail', projectId: 'prj_default', what: 'logs', q: '' }));
    }
    const seen = watchMemory(system.pids);
    const pace = { recordsPerSecond: linesPerSecond, recordsPerRequest: 100 };
    const load = await runLoad(system.otlpHttpUrl, { signals: ['logs'], seconds, ...pace, seed: followers });
    await sleep(1000);
    const memory = seen();
    // The first is the answer to following.
    const blind = received.filter((messages) => messages < 2).length;
    if (recordsOf(load) === 0 || blind > 0) throw new Error(`${blind} of ${followers} followers saw no line`);
    return memory.peakBytes;
  } finally {
    for (const socket of sockets) socket.close();
    await system.close();
  }
};
