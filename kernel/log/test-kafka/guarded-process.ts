/**
 * A child process that never outlives this one, however this one ends: a small shell between the two waits for the end
 * of its standard input, which the kernel closes for us, and then kills the child, be it stopped or busy. Test-only.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

export interface GuardedProcess {
  readonly pid: number;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
  /** The last it printed, for error messages. */
  output(): string;
  /** Resolves when it has printed `text`. @throws Error with its output when it ends before */
  printed(text: string): Promise<void>;
}

const shell = `
exec 3<&0
"$@" </dev/null 3<&- & child=$!
echo "$child"
{ read -r _; kill -9 "$child"; } <&3 & guard=$!
wait "$child"
kill "$guard"
`;

/** Its own session, so that Ctrl-C at a terminal reaches us alone and we end it in our own order. */
export const spawnGuarded = async (program: string, args: readonly string[]): Promise<GuardedProcess> => {
  const child = spawn('sh', ['-c', shell, 'guard', program, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const output = outputOf(child);
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const failed = new Promise<never>((_, reject) => child.once('error', reject));
  const until = async (condition: () => boolean, what: string): Promise<void> => {
    let over = false;
    const end = Promise.race([exited, failed]).finally(() => {
      over = true;
    });
    while (!condition()) {
      if (over) throw new Error(`${program} ended before ${what}:\n${output.text()}`);
      await Promise.race([end, output.more()]);
    }
  };
  await until(() => output.text().includes('\n'), 'it had started');
  return {
    pid: Number.parseInt(output.text(), 10),
    ended: exited,
    output: output.text,
    printed: (text) => until(() => output.text().includes(text), `it said "${text}"`),
  };
};

const keptCharacters = 100_000;

const outputOf = ({ stdout, stderr }: ChildProcessByStdio<Writable, Readable, Readable>) => {
  let text = '';
  let arrived = Promise.withResolvers<void>();
  for (const stream of [stdout, stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => {
      text = (text + part).slice(-keptCharacters);
      arrived.resolve();
      arrived = Promise.withResolvers<void>();
    });
  }
  return { text: () => text, more: () => arrived.promise };
};
