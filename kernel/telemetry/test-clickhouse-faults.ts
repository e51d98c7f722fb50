/** Tests only: how the stand-in for a ClickHouse server misbehaves when it is told to. */

export type FaultMode =
  /** Answers come late, by `delayMs`. */
  | 'slow'
  /** The connection is cut in the middle of the answer; what was asked for is done. */
  | 'half-answer'
  /** The answer begins well and ends with an exception, as ClickHouse writes it into a body it has begun. */
  | 'exception-in-answer'
  /** Inserts are stored, and the answer is a 500. */
  | 'fail-after-insert'
  /** Inserts are answered with a 500 and not stored. */
  | 'fail-before-insert'
  /** Inserts are stored, and the connection is cut before any answer. */
  | 'cut-after-insert'
  /** No answer ever comes; nothing is done. */
  | 'hang';

export interface Fault {
  readonly mode: FaultMode | 'none';
  /** How often; default: until another one is set. */
  readonly times?: number;
  /** Of slow answers; default 1,000. */
  readonly delayMs?: number;
  /** Default: those inserts alone that carry rows where the mode speaks of inserts, else all statements. */
  readonly only?: 'inserts' | 'all';
}

export interface Faults {
  set(fault: Fault): void;
  /** The fault that this statement meets. */
  next(statement: { readonly isInsert: boolean }): Fault & { readonly mode: FaultMode | 'none' };
  /** How often the fault that was set last was met. */
  met(): number;
}

export const openFaults = (): Faults => {
  let fault: Fault = { mode: 'none' };
  let met = 0;
  return {
    set(next) {
      fault = next;
      met = 0;
    },
    next({ isInsert }) {
      const insertsOnly = (fault.only ?? (fault.mode.endsWith('-insert') ? 'inserts' : 'all')) === 'inserts';
      if (fault.mode === 'none' || (insertsOnly && !isInsert) || met >= (fault.times ?? Number.POSITIVE_INFINITY)) {
        return { mode: 'none' };
      }
      met++;
      return fault;
    },
    met: () => met,
  };
};
