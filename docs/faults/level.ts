/** How much of the suite is run: everything, with the figures of the promise; a bounded form of it; or one quick look. */

export interface Level {
  readonly name: 'full' | 'bounded' | 'quick';
  /** Random moments at which a role is killed. */
  readonly kills: number;
  /** Which times of a step are killed at. */
  readonly timesOfStep: readonly number[];
  readonly brokerPauseMs: number;
  readonly clickhouseDownMs: number;
  readonly otherOutageMs: number;
}

export const levels: Readonly<Record<Level['name'], Level>> = {
  full: {
    name: 'full',
    kills: 50,
    timesOfStep: [1, 2, 5],
    brokerPauseMs: 60_000,
    clickhouseDownMs: 300_000,
    otherOutageMs: 30_000,
  },
  bounded: {
    name: 'bounded',
    kills: 4,
    timesOfStep: [2],
    brokerPauseMs: 8_000,
    clickhouseDownMs: 8_000,
    otherOutageMs: 4_000,
  },
  quick: {
    name: 'quick',
    kills: 2,
    timesOfStep: [2],
    brokerPauseMs: 0,
    clickhouseDownMs: 4_000,
    otherOutageMs: 2_000,
  },
};

/** From SYNTRA_FAULT_LEVEL; bounded, when nobody says. */
export const level: Level = levels[(process.env.SYNTRA_FAULT_LEVEL as Level['name'] | undefined) ?? 'bounded'];
