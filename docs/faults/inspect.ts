/** Two ways to read the tables past the product: from a data directory at rest, and from a ClickHouse server. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Inspect } from './checker.ts';

/** @param directory of an embedded installation that has been stopped */
export const inDirectory = async <Result>(directory: string, use: (inspect: Inspect) => Promise<Result>) => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'ask-directory.ts'), directory], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const inspect: Inspect = async <Row>(sql: string) => {
    child.stdin.write(`${JSON.stringify(sql)}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error(`The reader of ${directory} ended.`);
    const answer = JSON.parse(value) as { rows: Row[] } | { error: string };
    if ('error' in answer) throw new Error(`${answer.error}\n${sql}`);
    return answer.rows;
  };
  const ended = once(child, 'close');
  try {
    return await use(inspect);
  } finally {
    child.stdin.end();
    await ended;
  }
};

/** @param url with the database in it, e.g. http://127.0.0.1:8123/?database=syntra */
export const onServer =
  (url: string): Inspect =>
  async <Row>(sql: string) => {
    const response = await fetch(url, {
      method: 'POST',
      body: `${sql} FORMAT JSONEachRow`,
      signal: AbortSignal.timeout(120_000),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${text.slice(0, 500)}\n${sql}`);
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Row);
  };
