/**
 * The broker's jars, fetched once per machine: Maven copies them into a cache outside the repository, and whoever comes
 * later, or is offline, takes them from there. Test-only.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

export interface KafkaFiles {
  /** For `java -cp`. */
  readonly classPath: string;
  /** What `kafka-storage format` puts into a directory: the features a new cluster of this version has. */
  readonly bootstrapCheckpoint: string;
}

export const clusterId = 'c3ludHJhLXRlc3RzLWthZg';

export const installKafka = async (): Promise<KafkaFiles> => {
  const pom = join(import.meta.dirname, 'pom.xml');
  const version = createHash('sha256')
    .update(await readFile(pom))
    .digest('hex')
    .slice(0, 12);
  const caches = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'syntra-tests');
  const installed = join(caches, `kafka-${version}`);
  if (!existsSync(installed)) {
    await mkdir(caches, { recursive: true });
    await alone(`${installed}.lock`, async () => {
      if (!existsSync(installed)) await install(pom, installed);
    });
  }
  return filesIn(installed);
};

const filesIn = (directory: string): KafkaFiles => ({
  classPath: join(directory, 'jars', '*'),
  bootstrapCheckpoint: join(directory, 'bootstrap.checkpoint'),
});

/** Takes its name only once it is whole. */
const install = async (pom: string, target: string): Promise<void> => {
  const directory = `${target}.${process.pid}`;
  try {
    await requireJava();
    const copy = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
    await run('mvn', ['-q', '-B', '-ntp', '-f', pom, copy, `-DoutputDirectory=${join(directory, 'jars')}`]);
    await format(directory);
    await rename(directory, target);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

const format = async (directory: string): Promise<void> => {
  const { classPath, bootstrapCheckpoint } = filesIn(directory);
  const properties = join(directory, 'format.properties');
  const formatted = join(directory, 'formatted');
  const settings = [
    'process.roles=broker,controller',
    'node.id=1',
    'controller.quorum.voters=1@127.0.0.1:9093',
    'controller.listener.names=CONTROLLER',
    'listeners=PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093',
    `log.dirs=${formatted}`,
  ];
  await writeFile(properties, settings.join('\n'));
  const tool = ['kafka.tools.StorageTool', 'format', '--cluster-id', clusterId, '--config', properties];
  await run('java', ['-cp', classPath, ...tool]);
  await copyFile(join(formatted, 'bootstrap.checkpoint'), bootstrapCheckpoint);
  await rm(formatted, { recursive: true });
};

const requireJava = async (): Promise<void> => {
  const said = await run('java', ['-version']);
  const major = Number(/version "(\d+)/.exec(said)?.[1]);
  if (!(major >= 17)) throw new Error(`Kafka 4 needs Java 17 or later; this one says: ${said}. ${whatToInstall.java}`);
};

const whatToInstall = {
  java: 'Install a Java runtime, 17 or later (Debian: apt-get install default-jre-headless, macOS: brew install openjdk).',
  mvn: 'Install Maven, which fetches the broker (Debian: apt-get install maven, macOS: brew install maven).',
};

/** What it printed. @throws Error that says what to install when the program is missing */
const run = async (program: 'java' | 'mvn', args: readonly string[]): Promise<string> => {
  try {
    const { stdout, stderr } = await promisify(execFile)(program, [...args], { maxBuffer: 2 ** 24 });
    return (stdout + stderr).trim();
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: unknown; stdout?: string; stderr?: string };
    if (code === 'ENOENT') throw new Error(`Tests against Kafka need "${program}". ${whatToInstall[program]}`);
    throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
  }
};

/** Runs `work` while nobody else on this machine does. A lock whose holder is gone counts for nothing. */
const alone = async (lock: string, work: () => Promise<void>): Promise<void> => {
  while (!(await take(lock))) await sleep(100);
  try {
    await work();
  } finally {
    await rm(lock, { force: true });
  }
};

const take = async (lock: string): Promise<boolean> => {
  try {
    await writeFile(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const holder = Number(await readFile(lock, 'utf8').catch(() => ''));
    if (holder > 0 && !isAlive(holder)) await rm(lock, { force: true });
    return false;
  }
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};
