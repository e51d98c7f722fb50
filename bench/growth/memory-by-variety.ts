/** How much memory a process takes that is sent spans of so many services, or with so many different attribute keys. */
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbeddedSystem } from '../embedded-system.ts';
import { watchMemory } from '../watch-memory.ts';
import { type Variety, variedRequest } from './requests.ts';

export interface VarietyLoad {
  readonly spansPerSecond: number;
  readonly seconds: number;
}

const spansPerRequest = 500;

/** The most that was seen, in bytes, of a new installation. @throws Error when a request is refused */
export const memoryByVariety = async (variety: Variety, { spansPerSecond, seconds }: VarietyLoad): Promise<number> => {
  const system = await startEmbeddedSystem();
  try {
    const seen = watchMemory(system.pids);
    const requests = Math.ceil((spansPerSecond * seconds) / spansPerRequest);
    const startedMs = performance.now();
    for (let i = 0; i < requests; i++) {
      const earlyMs = startedMs + (i * spansPerRequest * 1000) / spansPerSecond - performance.now();
      if (earlyMs > 0) await sleep(earlyMs);
      await send(system.otlpHttpUrl, variedRequest(variety, i, spansPerRequest));
    }
    await system.untilStored();
    return seen().peakBytes;
  } finally {
    await system.close();
  }
};

const send = async (otlpHttpUrl: string, body: Buffer): Promise<void> => {
  const headers = { 'content-type': 'application/x-protobuf' };
  const response = await fetch(`${otlpHttpUrl}/v1/traces`, { method: 'POST', headers, body: new Uint8Array(body) });
  if (!response.ok) throw new Error(`A request was refused: ${response.status} ${await response.text()}`);
  await response.arrayBuffer();
};
