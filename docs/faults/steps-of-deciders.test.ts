import { testRows } from './report.ts';
import { deciders } from './rows/steps.ts';

testRows(deciders);
