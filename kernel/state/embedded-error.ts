/** The embedded PostgreSQL cannot be had; the message is one sentence for the person who started Syntra. */
import { OperatorError } from '../operator-error.ts';

export class EmbeddedPostgresError extends OperatorError {
  override readonly name = 'EmbeddedPostgresError';
}
