/** The official Go SDK sends, over both transports, and everything comes back. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { type RunningSyntra, startSyntra } from '../../docs/guide/start-syntra.ts';
import { expectLetter, settingsFor, ways } from './letter.ts';
import { cached, isHere, run } from './toolchain.ts';

const sources = join(import.meta.dirname, 'go');
const go = isHere({
  name: 'Go',
  probes: [['go', '-C', sources, 'version']],
  howToGet: 'install Go 1.26 or later, from go.dev or from your distribution.',
});

describe.skipIf(!go)('the official Go SDK', () => {
  let syntra: RunningSyntra;
  let program: string;

  beforeAll(async () => {
    const directory = await cached('go', sources, async (into) => {
      await run('go', ['build', '-o', join(into, 'send'), '.'], { cwd: sources });
    });
    program = join(directory, 'send');
    syntra = await startSyntra();
  });
  afterAll(() => syntra?.stop());

  test.each(ways)('sends over $protocol, compression $compression', async (way) => {
    const service = `go ${way.protocol} ${way.compression}`;
    await expectLetter(syntra, service, await run(program, [], { env: settingsFor(syntra, service, way) }));
  });
});
