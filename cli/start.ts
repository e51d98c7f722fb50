/** `npm start`: the explorer built, then the whole product in this process. */
import { buildExplorer } from './build-explorer.ts';

buildExplorer();
await import('../main.ts');
