import { testRows } from './report.ts';
import { rows } from './rows/poison.ts';

testRows(rows);
