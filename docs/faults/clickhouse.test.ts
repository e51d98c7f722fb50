import { testRows } from './report.ts';
import { rows } from './rows/clickhouse.ts';

testRows(rows);
