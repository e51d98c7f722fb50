import { testRows } from './report.ts';
import { rows } from './rows/postgres.ts';

testRows(rows);
