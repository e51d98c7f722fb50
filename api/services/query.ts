/** What a search among services means: names are found by any part of them, as people type them. */
import { type Expression, parseQuery } from '../query/parse.ts';
import { resolve } from '../query/resolve.ts';
import { type Where, whereOfCondition } from '../query/sql.ts';
import type { Column, Target } from '../query/targets.ts';

const column = (sql: string): Column => ({ kind: 'string', sql });

/** Over the figures kept by the minute: they know these three and no attributes. */
const servicesTarget: Target = {
  name: 'services',
  columns: new Map([
    ['service', column('service')],
    ['environment', column('environment')],
    ['version', column('version')],
  ]),
  aliases: new Map([
    ['name', 'service'],
    ['service.name', 'service'],
    ['env', 'environment'],
    ['deployment.environment', 'environment'],
    ['deployment.environment.name', 'environment'],
    ['service.version', 'version'],
  ]),
  words: ['service', 'environment', 'version'],
  attributes: { map: `CAST(map(), 'Map(String, String)')`, items: undefined },
  resource: { map: `CAST(map(), 'Map(String, String)')`, items: undefined },
};

/** @throws QueryError */
export const whereServices = (query: string): Where =>
  whereOfCondition(resolve(withinNames(parseQuery(query)), servicesTarget), servicesTarget);

export const whereService = (service: string): Where => ({
  sql: '(service = {service:String})',
  params: { service },
});

/** Free words match within a name: `out` finds `checkout`. */
export const withinNames = (expression: Expression): Expression => {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return { ...expression, parts: expression.parts.map(withinNames) };
    case 'not':
      return { ...expression, part: withinNames(expression.part) };
    case 'words': {
      const { value } = expression;
      const pieces = ['', ...(value.pieces ?? [value.text]), ''];
      return { ...expression, value: { ...value, pieces } };
    }
    default:
      return expression;
  }
};
