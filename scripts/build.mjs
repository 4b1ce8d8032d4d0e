/** Compiles src/ to dist/ and packages/agent/dist/, builds the dashboard, and bundles the workflows, so that a worker starts without webpack. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { build } from 'vite';
import { writeBundle } from './bundle.mjs';
import { root, source, stampBuild } from './state.mjs';

const dist = join(root, 'dist');

/**
 * Removes old output: tsc keeps the output of deleted files, and a removed module must not stay
 * importable.
 */
function removeStaleOutput() {
  const outputs = existsSync(dist) ? readdirSync(dist, { recursive: true, withFileTypes: true }) : [];
  for (const output of outputs) {
    const match = /^(.*?)\.(?:d\.ts|js|js\.map)$/.exec(output.name);
    if (!output.isFile() || !match || output.name.startsWith('workflow-bundle')) continue;
    const folder = relative(dist, output.parentPath);
    if (!existsSync(join(root, 'src', folder, `${match[1]}.ts`))) rmSync(join(output.parentPath, output.name));
  }
}

function compile(project) {
  try {
    execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', project], {
      cwd: root,
      stdio: 'inherit',
    });
  } catch {
    console.error('drover: the build failed; the compiler says why above.');
    process.exit(1);
  }
}

const fingerprint = source();
removeStaleOutput();
// With the compiler's build info but without its outputs, a folder would compile to nothing.
if (!existsSync(join(dist, '.stamp'))) rmSync(join(dist, '.tsbuildinfo'), { force: true });
compile('tsconfig.build.json');
// The agent library once more, as a package of its own: the same sources, with what they import.
rmSync(join(root, 'packages/agent/dist'), { recursive: true, force: true });
compile('packages/agent/tsconfig.json');
await build({ configFile: join(root, 'src/dashboard/vite.config.mjs') });
const bundle = join(dist, 'workflow-bundle.js');
const size = await writeBundle(bundle);
// A worker uses the bundle only with the SDK that is in it (src/worker.ts).
writeFileSync(
  `${bundle}.sdk`,
  JSON.parse(readFileSync(join(root, 'node_modules/@temporalio/workflow/package.json'), 'utf8')).version,
);
stampBuild(fingerprint);
console.error(`  built ${relative(dirname(dist), dist)}/, workflow bundle ${Math.round(size / 1024)} KiB`);
