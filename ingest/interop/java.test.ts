/** The official Java SDK sends, over both transports, and everything comes back. */
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { type RunningSyntra, startSyntra } from '../../docs/guide/start-syntra.ts';
import { expectLetter, settingsFor, ways } from './letter.ts';
import { cached, isHere, run } from './toolchain.ts';

const java = isHere({
  name: 'Java',
  probes: [
    ['javac', '-version'],
    ['mvn', '-version'],
  ],
  howToGet: 'install a JDK of version 17 or later and Maven (Debian: apt-get install openjdk-17-jdk-headless maven).',
});
const sources = join(import.meta.dirname, 'java');

describe.skipIf(!java)('the official Java SDK', () => {
  let syntra: RunningSyntra;
  let classPath: string;

  beforeAll(async () => {
    const directory = await cached('java', sources, async (into) => {
      const pom = ['--file', join(sources, 'pom.xml')];
      await run('mvn', [
        '--quiet',
        '--batch-mode',
        ...pom,
        'dependency:copy-dependencies',
        `-DoutputDirectory=${into}`,
      ]);
      await run('javac', ['-encoding', 'UTF-8', '-cp', `${into}/*`, '-d', into, join(sources, 'Send.java')]);
    });
    classPath = [directory, `${directory}/*`].join(delimiter);
    syntra = await startSyntra();
  });
  afterAll(() => syntra?.stop());

  test.each(ways)('sends over $protocol, compression $compression', async (way) => {
    const service = `java ${way.protocol} ${way.compression}`;
    await expectLetter(
      syntra,
      service,
      await run('java', ['-cp', classPath, 'Send'], { env: settingsFor(syntra, service, way) }),
    );
  });
});
