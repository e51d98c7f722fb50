import { testRows } from './report.ts';
import { sinks } from './rows/steps.ts';

testRows(sinks);
