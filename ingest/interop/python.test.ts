/** The official Python SDK sends, over both transports, and everything comes back. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { type RunningSyntra, startSyntra } from '../../docs/guide/start-syntra.ts';
import { expectLetter, settingsFor, ways } from './letter.ts';
import { cached, isHere, run } from './toolchain.ts';

const python = isHere({
  name: 'Python',
  probes: [['python3', '-c', 'import sys, pip; assert sys.version_info >= (3, 10)']],
  howToGet: 'install Python 3.10 or later with pip (Debian: apt-get install python3-pip).',
});
const sources = join(import.meta.dirname, 'python');

describe.skipIf(!python)('the official Python SDK', () => {
  let syntra: RunningSyntra;
  let packages: string;

  beforeAll(async () => {
    packages = await cached('python', sources, async (into) => {
      const requirements = join(sources, 'requirements.txt');
      await run('python3', ['-m', 'pip', 'install', '--quiet', '--target', into, '--requirement', requirements]);
    });
    syntra = await startSyntra();
  });
  afterAll(() => syntra?.stop());

  test.each(ways)('sends over $protocol, compression $compression', async (way) => {
    const service = `python ${way.protocol} ${way.compression}`;
    const env = { ...settingsFor(syntra, service, way), PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: '1' };
    await expectLetter(syntra, service, await run('python3', [join(sources, 'send.py')], { env }));
  });
});
