/** What is asked: each question as a call of our API and as SQL over the Collector's tables, with values that vary. */
import type { Dataset } from './dataset.ts';
import { logQuestions } from './log-questions.ts';
import { metricQuestions } from './metric-questions.ts';
import type { Random } from './random.ts';
import { traceQuestions } from './trace-questions.ts';

export interface Question {
  readonly name: string;
  /** Milliseconds that 95 of 100 answers may take; undefined where nothing was promised. */
  readonly targetMs?: number;
  /** @param dataset what the store holds */
  ask(dataset: Dataset, random: Random): Asked;
}

export interface Asked {
  /** Under /api/v1. */
  readonly path: string;
  /** Undefined where those tables cannot answer it, or nothing is to be compared. */
  readonly otel?: string;
  /** What the answer is to hold some of: a question that finds nothing proves nothing. */
  readonly holds?: 'spans' | 'traces' | 'lines' | 'series' | 'services' | 'edges' | 'total';
  /** Where 404 is the right answer. */
  readonly status?: 404;
}

export const questions: readonly Question[] = [...traceQuestions, ...logQuestions, ...metricQuestions];
