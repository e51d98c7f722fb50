/**
 * Runs a script of the project with the project's own Node and packages, and installs them first when they are missing
 * or out of date. Plain JavaScript for any Node from 18 on: it is what a fresh machine runs before anything is there.
 *
 *   node cli/bootstrap.mjs <script> [arguments]
 *   node cli/bootstrap.mjs                        prints the path of that Node (cli/start.sh)
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const neededMajor = 24;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const bin = join(modules, '.bin');

const [script, ...args] = process.argv.slice(2);
installPackages();
const node = findNode();
if (script === undefined) console.log(node);
else run(node, [join(root, script), ...args], { stdio: 'inherit' });

/**
 * Installs what package-lock.json says, once per version of it. Not with `npm ci`, which refuses a lock that leaves out
 * the binaries of other platforms; `--no-save` keeps the lock as it is.
 */
function installPackages() {
  const lock = readFileSync(join(root, 'package-lock.json'));
  const wanted = createHash('sha256').update(lock).digest('hex');
  const stamp = join(modules, '.syntra-installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.error('Installing packages (once, a minute or two)…');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const { status } = spawnSync(npm, ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0)
    fail('npm install failed: see above. Without a network nothing can be installed; with one, try again.');
  writeFileSync(stamp, wanted);
}

/** The running Node when it is new enough, else the one that came with the packages. */
function findNode() {
  if (Number(process.versions.node.split('.')[0]) >= neededMajor) return process.execPath;
  // Not node_modules/.bin/node: npm 10 leaves that link out where several packages would bring it.
  const packages = [`node-${process.platform}-${process.arch}`, `node-bin-${process.platform}-${process.arch}`];
  const own = packages.map((name) => join(modules, name, 'bin', 'node')).find((path) => existsSync(path));
  return (
    own ??
    fail(
      `Syntra needs Node ${neededMajor}, this is ${process.version}, and there is none to install for ${process.platform}-${process.arch}: install Node ${neededMajor} from nodejs.org.`,
    )
  );
}

/** Passes signals on and ends as the script ended. */
function run(command, commandArgs, options) {
  // Threads for the engine's queries, the file system and compression: four are too few for all three.
  const env = {
    UV_THREADPOOL_SIZE: '16',
    ...process.env,
    PATH: [dirname(command), bin, process.env.PATH].join(delimiter),
  };
  const child = spawn(command, commandArgs, { ...options, env });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  // npm ends at a signal without passing it on; whoever stops npm means what npm runs.
  const parent = process.ppid;
  const endWithParent = () => process.ppid !== parent && child.kill('SIGTERM');
  if (process.env.npm_lifecycle_event) setInterval(endWithParent, 500).unref();
  child.on('error', (error) => fail(`${command} did not start: ${error.message}`));
  child.on('exit', (code, signal) => process.exit(signal ? 1 : code));
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
