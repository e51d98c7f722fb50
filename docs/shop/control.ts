/** Switches for the faults, for `curl` and for scripts: GET / lists them, POST /faults/<name>/on and …/off switch. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type FaultName, faultNames, isFaultName } from './faults.ts';

export interface FaultSwitches {
  isOn(name: FaultName): boolean;
  set(name: FaultName, on: boolean): void;
}

/** Listens on a free port until the process ends. @returns its address. */
export const startControl = async (switches: FaultSwitches): Promise<string> => {
  const server = createServer((request, response) => {
    const [, name = '', state] = /^\/faults\/([\w-]+)\/(on|off)$/.exec(request.url ?? '') ?? [];
    const switched = request.method === 'POST' && isFaultName(name);
    if (switched) switches.set(name, state === 'on');
    const found = switched || (request.method === 'GET' && request.url === '/');
    response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify(Object.fromEntries(faultNames.map((fault) => [fault, switches.isOn(fault)])))}\n`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};
