import { testRows } from './report.ts';
import { rows } from './rows/backup.ts';

testRows(rows);
