import { testRows } from './report.ts';
import { rows } from './rows/kills.ts';

testRows(rows);
