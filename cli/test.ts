/**
 * `npm test`: checks, then every test. `npm run test:unit`: the ones that take seconds. Further arguments choose files.
 * Ends with a line that says how many passed and how many failed.
 */
import type { TestModule } from 'vitest/node';
import { startVitest } from 'vitest/node';
import { buildExplorer } from './build-explorer.ts';
import { runChecks } from './check.ts';
import { provideChromium } from './chromium.ts';

const [suite = 'all', ...files] = process.argv.slice(2);
const everything = suite === 'all';
const projects = everything ? [] : [suite];

if (everything) {
  if (!runChecks()) process.exit(1);
  buildExplorer();
  const chromium = provideChromium(process.env);
  if (chromium !== undefined) process.env.CHROMIUM_PATH = chromium;
  else console.error('⚠ No Chromium on this machine: the browser tests are skipped. Install it, or set CHROMIUM_PATH.');
}

const vitest = await startVitest('test', files, { watch: false, project: projects });
const tests = vitest.state.getTestModules().flatMap((module: TestModule) => [...module.children.allTests()]);
const count = (state: string): number => tests.filter((test) => test.result().state === state).length;
const broken =
  vitest.state.getUnhandledErrors().length + vitest.state.getTestModules().filter((m) => m.state() === 'failed').length;
await vitest.close();

const [passed, failed, skipped] = [count('passed'), count('failed'), count('skipped')];
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(failed + broken > 0 || passed === 0 ? 1 : 0);
