/** What is asked. */
import { logQuestions } from './log-questions.ts';
import { metricQuestions } from './metric-questions.ts';
import type { Question } from './question.ts';
import { traceQuestions } from './trace-questions.ts';

export const questions: readonly Question[] = [...traceQuestions, ...logQuestions, ...metricQuestions];
