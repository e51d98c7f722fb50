import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { languages } from './languages.ts';

const address = { otlpHttpUrl: 'http://10.0.0.7:4318', otlpGrpcUrl: 'http://10.0.0.7:4317', key: 'syn_key' };

describe.each(languages.map((language) => [language.name, language] as const))('%s', (_, { lines }) => {
  it('names the address and the key', () => {
    expect(lines(address, 'span')).toContain(address.otlpHttpUrl);
    expect(lines(address, 'span')).toContain('syn_key');
  });

  it('has no header where no key is needed', () => {
    expect(lines({ ...address, key: null }, 'span')).not.toMatch(/syntra-key|null/);
  });
});

it.each(['span', 'line', 'metric'] as const)(
  'the %s by hand is JSON once the shell has filled in the time',
  (signal) => {
    const command = languages.find(({ id }) => id === 'curl')!.lines(address, signal);
    // The command with a curl that prints what it would send.
    const script = `curl() { while [ "$1" != -d ]; do shift; done; printf %s "$2"; }\n${command}`;
    const body = JSON.parse(execFileSync('sh', ['-c', script], { encoding: 'utf8' })) as object;
    expect(JSON.stringify(body)).toMatch(/imeUnixNano":"\d{19}"/);
  },
);
