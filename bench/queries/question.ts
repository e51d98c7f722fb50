/** A question: as a call of our API and as SQL over the Collector's tables, with values that vary from call to call. */
import type { Dataset } from './dataset.ts';
import type { Random } from './random.ts';

export interface Question {
  readonly name: string;
  /** Milliseconds that 95 of 100 answers may take; undefined where nothing was promised. */
  readonly targetMs?: number;
  /** @param dataset what the store holds @param call its number: kinds take turns, so that none is left out */
  ask(dataset: Dataset, random: Random, call: number): Asked;
}

export interface Asked {
  /** Under /api/v1. */
  readonly path: string;
  /** Undefined where those tables cannot answer it, or nothing is to be compared. */
  readonly otel?: string;
  /** What the answer is to hold some of: a question that finds nothing proves nothing. */
  readonly holds?: 'spans' | 'traces' | 'lines' | 'series' | 'services' | 'edges' | 'total' | 'facets' | 'suggestions';
  /** How many of them there are whatever the store holds; default: none. */
  readonly anyway?: number;
  /** Of a question that is asked in several ways, which it is: each way has to find something. */
  readonly kind?: string;
  /** Where 404 is the right answer. */
  readonly status?: 404;
}
