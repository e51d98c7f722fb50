import { testRows } from './report.ts';
import { rows } from './rows/machine.ts';

testRows(rows);
