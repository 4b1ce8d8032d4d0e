/** Bundles the workflows, for the build, the tests and the check. */
import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './state.mjs';

const require = createRequire(import.meta.url);

/** The target for Node 20, the oldest supported version; as in tsconfig.json. */
const TARGET = 'es2022';

/** Bundles src/workflows and returns the code. */
export async function bundleWorkflows() {
  const { bundleWorkflowCode } = require('@temporalio/worker');
  const quiet = { trace() {}, debug() {}, info() {}, log() {}, warn: console.warn, error: console.error };
  const workflowsPath = join(root, 'src/workflows/index.ts');
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    payloadConverterPath: join(root, 'src/workflows/sandbox/payload-converter.ts'),
    failureConverterPath: join(root, 'src/workflows/sandbox/failure-converter.ts'),
    workflowInterceptorModules: filesOf(join(root, 'src/workflows/sandbox/interceptors')),
    // Evaluated once per workflow thread, frozen, and shared by its workflows, none of which keeps
    // state in a module (decision 12).
    preloadModules: [workflowsPath],
    webpackConfigHook: forThisNode,
    logger: quiet,
  });
  return code;
}

/** In one order on every machine, which is the order of the interceptors. */
function filesOf(folder) {
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name));
}

/**
 * The SDK compiles for ES2017, where copying an object takes a helper that is slow in its sandbox
 * (decision 12). Every workflow thread reads the whole bundle, so comments are removed, those of packages too, and nothing else changes.
 */
function forThisNode(config) {
  const rule = config.module.rules.find(({ use }) => use?.loader?.includes('swc-loader'));
  if (!rule) throw new Error("the SDK's bundler no longer compiles with swc-loader; see scripts/bundle.mjs");
  const minify = { compress: false, mangle: false, format: { comments: false, beautify: true } };
  const { loader, options } = rule.use;
  rule.use.options = { ...options, minify: true, jsc: { ...options.jsc, target: TARGET, minify } };
  const jsc = { target: TARGET, minify };
  const packages = { loader, options: { sourceMap: true, minify: true, isModule: 'unknown', jsc } };
  config.output.pathinfo = false;
  config.module.rules.push({ test: /\.js$/, include: /node_modules/, use: packages });
  return config;
}

/** Bundles into a file, in place in one step, and returns its size in bytes. */
export async function writeBundle(file) {
  const code = await bundleWorkflows();
  mkdirSync(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, code);
  renameSync(temporary, file);
  return Buffer.byteLength(code);
}

// As a command: `node scripts/bundle.mjs FILE`.
if (process.argv[1] === fileURLToPath(import.meta.url) && process.argv[2]) await writeBundle(process.argv[2]);
