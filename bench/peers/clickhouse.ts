/** The ClickHouse that the peers insert into: chDB in a process of its own (`clickhouse-server.ts`). */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild } from './child.ts';

export interface PeersClickHouse {
  readonly url: string;
  readonly pid: number;
  /** What a statement prints. @throws Error with what ClickHouse said */
  run(sql: string): Promise<string>;
  stop(): Promise<void>;
}

export const startPeersClickHouse = async (): Promise<PeersClickHouse> => {
  const directory = await mkdtemp(join(tmpdir(), 'syntra-peers-'));
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true, maxRetries: 10 });
  const script = join(import.meta.dirname, 'clickhouse-server.ts');
  try {
    const child = await startChild(process.execPath, [script, directory], '.\n');
    const url = `http://127.0.0.1:${/listening on (\d+)/.exec(child.output())![1]}`;
    return {
      url,
      pid: child.pid,
      async run(sql) {
        const response = await fetch(url, { method: 'POST', body: sql });
        const text = await response.text();
        if (!response.ok) throw new Error(text);
        return text.trim();
      },
      async stop() {
        await child.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
};
