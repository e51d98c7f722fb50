/**
 * A row of the table of faults: what is done to an installation under load. Everything else, which is the same for all
 * of them, happens here: start, send, do harm, see that it works again, wait until all is stored, stop, and look.
 */
import type { Log } from '../../kernel/log/log.ts';
import { type Balancer, startBalancer } from './balancer.ts';
import { check, type Findings, type Inspect } from './checker.ts';
import { checkDecisions } from './decisions.ts';
import { type Generator, startGenerator } from './generator.ts';
import type { Level } from './level.ts';
import { type Random, randomOf } from './random.ts';
import { ingestKey, type Mode, openWorld, type World, type WorldOptions } from './world.ts';

/** What is under a row's hands while senders send. */
export interface Stage {
  readonly world: World;
  readonly load: Generator;
  readonly random: Random;
  readonly level: Level;
}

export interface Row {
  readonly name: string;
  readonly modes: readonly Mode[];
  /** What the machine must have beyond what npm installs. */
  readonly needs?: readonly Need[];
  /** The log that is left holds nothing but what was still to be read: who was registered cannot be seen in it. */
  readonly logBeginsAnew?: boolean;
  /** Besides the mode. */
  readonly world?: (mode: Mode) => Promise<Omit<WorldOptions, 'mode'>>;
  /** Default: 3,000. */
  readonly recordsPerSecond?: number;
  /** How long senders wait for an answer. */
  readonly timeoutMs?: number;
  /** Senders go through something that asks /readyz, instead of trying every address there is. */
  readonly balanced?: boolean;
  /** Before the first start, and before anything is sent. */
  prepare?(stage: Omit<Stage, 'load'>): Promise<void>;
  /** Does the harm and undoes it. Answers what was done, for the record. */
  run(stage: Stage): Promise<string>;
  /** Looks for more than numbers, when everything has been stored and still runs. */
  verify?(stage: Stage): Promise<void>;
  /** Looks into the tables: did what was to be survived happen at all? */
  lookAtLog?(log: Log): Promise<void>;
  look?(inspect: Inspect, stage: Stage): Promise<void>;
}

export type Need = 'java' | 'root';

export interface Result extends Findings {
  readonly seed: number;
  /** What was done. */
  readonly deeds: string;
  readonly outcomes: Generator['outcomes'];
}

/** Leaves nothing behind, however it ends. @throws Error naming the seed */
export const runRow = async (row: Row, mode: Mode, seed: number, level: Level): Promise<Result> => {
  const random = randomOf(seed);
  const world = await openWorld({ mode, ...(await row.world?.(mode)) });
  let load: Generator | undefined;
  let balancer: Balancer | undefined;
  try {
    await row.prepare?.({ world, random, level });
    await world.startAll();
    const run = `run${seed}`;
    balancer = row.balanced ? startBalancer(world.withRole('ingest')) : undefined;
    const addresses = balancer?.addresses ?? (() => world.ingestAddresses());
    load = startGenerator({
      run,
      random,
      addresses,
      recordsPerSecond: row.recordsPerSecond ?? 3_000,
      key: ingestKey,
      ...(row.timeoutMs === undefined ? {} : { timeoutMs: row.timeoutMs }),
    });
    await load.acknowledges(recordsBetween);
    const stage = { world, load, random, level };
    const deeds = await row.run(stage);
    // Whatever happened, it works again.
    await load.acknowledges(recordsBetween);
    await load.stop();
    await world.untilStored();
    await row.verify?.(stage);
    const { ledger, outcomes } = load;
    const findings = await world.inspect(async (inspect) => {
      await row.look?.(inspect, stage);
      return check(inspect, run, ledger);
    });
    const { services } = load;
    const undecided = await world.withLog(async (log) => {
      await row.lookAtLog?.(log);
      return checkDecisions(log, 'prj_default', row.logBeginsAnew ? new Set() : services);
    });
    const disagreements = [...findings.disagreements, ...undecided];
    return { ...findings, disagreements, seed, deeds, outcomes: { ...outcomes } };
  } catch (error) {
    const said = world.parts.map((part) => `--- ${part.name}\n${part.output()}`).join('\n');
    throw new Error(`seed ${seed}: ${(error as Error).message}\n${said}`, { cause: error });
  } finally {
    await load?.stop();
    await balancer?.stop();
    await world.close();
  }
};

/** Enough for a batch or two. */
const recordsBetween = 1_000;
