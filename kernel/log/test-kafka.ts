/**
 * A real Kafka cluster on loopback, for tests: one or three brokers, each a process of its own that can be paused,
 * killed and started again on its port with its data. Nothing of it outlives the test process. Needs Java 17 and, the
 * first time, Maven.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type GuardedProcess, spawnGuarded } from './test-kafka/guarded-process.ts';
import { clusterId, installKafka, type KafkaFiles } from './test-kafka/install.ts';

export interface TestKafkaOptions {
  readonly brokers?: 1 | 3;
  /** Where clients reach the brokers. Default: loopback. */
  readonly host?: string;
  /** Broker settings besides or instead of ours, by Kafka's names. */
  readonly settings?: Readonly<Record<string, string | number>>;
}

export interface TestBroker {
  /** `host:port` */
  readonly address: string;
  /** Stops the process as it stands: connections stay open, nothing is answered. */
  pause(): void;
  resume(): void;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /**
   * Starts it again with its port and its data, after an orderly end if it still runs. Resolves when it serves, which
   * takes a majority of the brokers: after killing two of three, restart both at once.
   */
  restart(): Promise<void>;
  /** The last it printed: warnings and errors. */
  output(): string;
}

export interface TestKafka {
  readonly bootstrap: string[];
  /** Its id on the wire is `index + 1`. */
  broker(index: number): TestBroker;
  stop(): Promise<void>;
}

export const startKafka = async ({
  brokers: count = 1,
  host = '127.0.0.1',
  settings = {},
}: TestKafkaOptions = {}): Promise<TestKafka> => {
  const files = await installKafka();
  const directory = await mkdtemp(join(tmpdir(), 'syntra-kafka-'));
  const cleaner = removeWhenWeEnd(directory);
  const ports = await freePorts(2 * count);
  const clientPorts = ports.slice(0, count);
  const voters = ports.slice(count).map((port, i) => `${i + 1}@127.0.0.1:${port}`);
  const brokers = await Promise.all(
    clientPorts.map(async (port, i) => {
      const home = join(directory, String(i + 1));
      const common = { ...settingsFor(count), 'controller.quorum.voters': voters.join(), ...settings };
      await prepare(home, files, {
        ...common,
        ...identity(i + 1, `${host}:${port}`, ports[count + i]!),
        'log.dirs': home,
      });
      return brokerAt(home, `${host}:${port}`, files);
    }),
  );
  const stop = async () => {
    await Promise.all(brokers.map((broker) => broker.kill()));
    await cleaner.remove();
  };
  try {
    await Promise.all(brokers.map((broker) => broker.restart()));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    bootstrap: brokers.map(({ address }) => address),
    broker: (index) => {
      const broker = brokers[index];
      if (broker === undefined) throw new Error(`There are ${count} brokers, so there is no broker(${index}).`);
      return broker;
    },
    stop,
  };
};

const brokerAt = (home: string, address: string, files: KafkaFiles): TestBroker => {
  let running: GuardedProcess | undefined;
  const signal = (name: NodeJS.Signals) => {
    if (running === undefined) throw new Error(`The broker at ${address} does not run.`);
    process.kill(running.pid, name);
  };
  const kill = async () => {
    if (running === undefined) return;
    const { ended } = running;
    signal('SIGKILL');
    await ended;
  };
  /** One that finds no other broker to hand its partitions to would try for minutes. */
  const shutDown = async () => {
    if (running === undefined) return;
    const { ended } = running;
    signal('SIGTERM');
    signal('SIGCONT');
    const giveUp = new AbortController();
    await Promise.race([ended, sleep(orderlyEndMs, undefined, { signal: giveUp.signal })]);
    giveUp.abort();
    await kill();
  };
  let output = () => '';
  return {
    address,
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    kill,
    restart: async () => {
      await shutDown();
      const started = await spawnGuarded('java', [
        ...javaOptions,
        '-cp',
        files.classPath,
        'kafka.Kafka',
        join(home, 'server.properties'),
      ]);
      running = started;
      output = started.output;
      void started.ended.then(() => {
        if (running === started) running = undefined;
      });
      await started.printed('Kafka Server started');
    },
    output: () => output(),
  };
};

const orderlyEndMs = 10_000;

/** Small, and quick to start rather than quick in the long run. */
const javaOptions = [
  '-Xmx256m',
  '-Xshare:auto',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-XX:-UsePerfData',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
  '-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info',
];

/** What `kafka-storage format` does, without starting Java for it. */
const prepare = async (home: string, files: KafkaFiles, settings: Readonly<Record<string, string | number>>) => {
  await mkdir(home);
  await copyFile(files.bootstrapCheckpoint, join(home, 'bootstrap.checkpoint'));
  const meta = { version: 1, 'cluster.id': clusterId, 'node.id': settings['node.id']! };
  await writeFile(join(home, 'meta.properties'), propertiesOf(meta));
  await writeFile(join(home, 'server.properties'), propertiesOf(settings));
};

const propertiesOf = (settings: Readonly<Record<string, string | number>>): string =>
  Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');

const identity = (id: number, address: string, controllerPort: number) => ({
  'node.id': id,
  listeners: `PLAINTEXT://${address},CONTROLLER://127.0.0.1:${controllerPort}`,
  'advertised.listeners': `PLAINTEXT://${address}`,
});

/** A default installation's promises, with shorter waits. What a topic needs, min.insync.replicas too, the topic says. */
const settingsFor = (brokers: number) => ({
  'process.roles': 'broker,controller',
  'controller.listener.names': 'CONTROLLER',
  'auto.create.topics.enable': 'false',
  'offsets.topic.replication.factor': brokers,
  'offsets.topic.num.partitions': 4,
  'transaction.state.log.replication.factor': brokers,
  'transaction.state.log.min.isr': brokers === 1 ? 1 : 2,
  'transaction.state.log.num.partitions': 4,
  'share.coordinator.state.topic.replication.factor': brokers,
  'share.coordinator.state.topic.min.isr': brokers === 1 ? 1 : 2,
  // A broker that says nothing for this long has lost its partitions; killed and restarted, it waits as long for itself.
  'broker.session.timeout.ms': 5_000,
  'broker.heartbeat.interval.ms': 1_000,
  // How soon a group notices, in the classic protocol and in the new one, where the broker sets it for its clients.
  'group.initial.rebalance.delay.ms': 0,
  'group.min.session.timeout.ms': 1_000,
  'group.consumer.min.session.timeout.ms': 1_000,
  'group.consumer.session.timeout.ms': 6_000,
  'group.consumer.min.heartbeat.interval.ms': 100,
  'group.consumer.heartbeat.interval.ms': 500,
  'log.initial.task.delay.ms': 500,
  'log.retention.check.interval.ms': 1_000,
  'log.segment.delete.delay.ms': 1_000,
  'log.cleaner.backoff.ms': 500,
  'log.cleaner.threads': 1,
  'log.cleaner.dedupe.buffer.size': 4 * 2 ** 20,
  'num.network.threads': 2,
  'num.io.threads': 4,
});

/** Below the ports that outgoing connections get, so that a broker that is down finds its own still free. */
const freePorts = async (count: number): Promise<number[]> => {
  const taken: { port: number; server: Server }[] = [];
  while (taken.length < count) {
    const port = 10_000 + Math.floor(Math.random() * 22_000);
    const server = createServer().listen(port, '127.0.0.1');
    const free = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (free) taken.push({ port, server });
  }
  await Promise.all(taken.map(({ server }) => new Promise((resolve) => server.close(resolve))));
  return taken.map(({ port }) => port);
};

/** Removes the directory when told to or when this process is gone, and tries again while a dying broker still writes. */
const removeWhenWeEnd = (directory: string): { remove(): Promise<void> } => {
  const script = 'cat >/dev/null; for i in 1 2 3 4 5 6 7 8 9 10; do rm -rf "$1" 2>/dev/null && exit; sleep 0.2; done';
  const shell = spawn('sh', ['-c', script, 'remove', directory], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  const exited = once(shell, 'exit');
  return {
    remove: async () => {
      shell.stdin.end();
      await exited;
    },
  };
};
