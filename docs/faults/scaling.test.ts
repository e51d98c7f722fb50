import { testRows } from './report.ts';
import { rows } from './rows/scaling.ts';

testRows(rows);
