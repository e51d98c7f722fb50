/** A setting that cannot be used; the message is one sentence for the person who set it. */
import { OperatorError } from './operator-error.ts';

export class ConfigError extends OperatorError {
  override readonly name = 'ConfigError';
}
