/** Ports for processes that come back at the same address after they were killed. */
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * One that nobody listens on, below those that the system gives to outgoing connections: between two lives of a process
 * nobody else can have got it.
 */
export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = 12_000 + Math.floor(Math.random() * 20_000);
    const server = createServer().listen(port, '0.0.0.0');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
};
