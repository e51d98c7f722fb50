/** Runs a small program under the official auto-instrumentation for Node, configured by variables alone. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** @returns what the program printed. @throws Error with all of its output when it fails. */
export const runInstrumented = async (
  program: string,
  variables: Readonly<Record<string, string>>,
): Promise<string> => {
  const load = ['--import', '@opentelemetry/auto-instrumentations-node/register'];
  const child = spawn(process.execPath, [...load, '--input-type=module', '--eval', program], {
    // The shop is the package that depends on the SDK.
    cwd: join(import.meta.dirname, '../shop'),
    env: { OTEL_NODE_RESOURCE_DETECTORS: 'env,host', ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [printed, complaints, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  if (code !== 0) throw new Error(`the program ended with ${code}:\n${printed}\n${complaints}`);
  return printed;
};
