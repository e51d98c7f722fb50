import { testRows } from './report.ts';
import { rows } from './rows/network.ts';

testRows(rows);
