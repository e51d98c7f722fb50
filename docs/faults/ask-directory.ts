/**
 * Runs SELECTs on the embedded telemetry store of a data directory that nobody uses: one line of JSON in, one out. A
 * process of its own, because the engine serves one directory in the life of a process.
 */
import { createInterface } from 'node:readline';
import { openEmbeddedTelemetry } from '../../kernel/telemetry/embedded.ts';

const telemetry = await openEmbeddedTelemetry({ directory: process.argv[2]! });
for await (const line of createInterface({ input: process.stdin })) {
  const answer = await telemetry.inspect(JSON.parse(line) as string).then(
    (rows) => ({ rows }),
    (error: Error) => ({ error: error.message }),
  );
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await telemetry.close();
process.exit(0);
