/** Asks the API as a script would, with the types of its contract, and insists that the answer keeps to it. */
import { type Answer, contract, type RouteName } from '../../api/contract.ts';

type Values = Readonly<Record<string, string | number | undefined>>;

/** @throws Error with status and body when the answer is a failure or is not what the contract says. */
export const ask = async <Name extends RouteName>(
  url: string,
  name: Name,
  { params = {}, query = {}, body }: { readonly params?: Values; readonly query?: Values; readonly body?: object } = {},
): Promise<Answer<Name>> => {
  const route = contract[name];
  const path = route.path.replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(String(params[key])));
  const target = new URL(`/api/v1${path}`, url);
  for (const [key, value] of Object.entries(query))
    if (value !== undefined) target.searchParams.set(key, String(value));
  const response = await fetch(target, {
    method: route.method,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${route.method} ${target.pathname}${target.search} ${response.status}: ${text}`);
  return route.answer.parse((JSON.parse(text) as { data: unknown }).data) as Answer<Name>;
};
