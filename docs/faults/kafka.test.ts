import { testRows } from './report.ts';
import { rows } from './rows/kafka.ts';

testRows(rows);
