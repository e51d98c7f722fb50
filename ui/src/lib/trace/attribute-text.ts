/** An attribute's value as one line of text, the way the query language compares it. */
import type { AttributeValue } from '../../../../api/contract/values.ts';

export const attributeText = (value: AttributeValue): string =>
  typeof value === 'string' ? value : typeof value === 'object' ? JSON.stringify(value) : String(value);
