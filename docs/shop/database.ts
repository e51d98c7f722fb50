/** The shop's database. Its address comes in the variables that every PostgreSQL client reads: PGHOST, PGUSER, … */
import pg from 'pg';

export const database = new pg.Pool({ max: 3, idleTimeoutMillis: 0 });
