/**
 * `npm run test:faults`: every fault we can cause, with the figures of the promise; hours. `-- --bounded`: every row,
 * each for a few moments; minutes. `-- --quick`: one seed of each row that needs nothing beyond npm; under two minutes.
 * Further arguments choose files. Ends with the line that says what became of everything that was acknowledged.
 */
import type { TestModule } from 'vitest/node';
import { startVitest } from 'vitest/node';

const args = process.argv.slice(2);
const level = args.includes('--quick') ? 'quick' : args.includes('--bounded') ? 'bounded' : 'full';
process.env.SYNTRA_FAULT_LEVEL = level;

const files = args.filter((arg) => !arg.startsWith('--'));
const vitest = await startVitest('test', files, { watch: false, project: ['faults'] });
const modules = vitest.state.getTestModules();
const tests = modules.flatMap((module: TestModule) => [...module.children.allTests()]);
const broken =
  vitest.state.getUnhandledErrors().length + modules.filter((module) => module.state() === 'failed').length;
await vitest.close();

const count = (state: string): number => tests.filter((test) => test.result().state === state).length;
for (const { name } of tests.filter((test) => test.result().state === 'skipped')) console.log(`not run: ${name}`);
console.log(`${count('passed')} rows passed, ${count('failed')} failed, ${count('skipped')} not run`);

const figures = tests.flatMap((test) => test.meta().figures ?? []);
const total = (name: 'acknowledged' | 'missing' | 'double'): number =>
  figures.reduce((sum, figure) => sum + figure[name], 0);
const line = `acknowledged ${total('acknowledged')}, missing ${total('missing')}, double ${total('double')}`;
console.log(line);
process.exit(broken > 0 || count('failed') > 0 || figures.length === 0 ? 1 : 0);
