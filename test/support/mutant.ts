/** A mutant is a committed change to one source file; a test that guards a promise must fail on it. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { runInThisContext } from 'node:vm';
import { transformSync } from '@swc/core';

/** One replacement of text that occurs exactly once. */
export interface Mutation {
  readonly find: string;
  readonly replace: string;
}

/** Compiles `file` with the mutations applied and returns its exports; a mutation that no longer fits the source throws. */
export function loadMutant(file: string, mutations: readonly Mutation[], require: (path: string) => unknown): unknown {
  let source = readFileSync(file, 'utf8');
  for (const { find, replace } of mutations) {
    if (source.split(find).length !== 2) throw new Error(`the mutant does not fit ${file}: "${find}"`);
    source = source.replace(find, replace);
  }
  const { code } = transformSync(source, {
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: { type: 'commonjs' },
  });
  const module = { exports: {} };
  const load = (path: string): unknown => require(path.startsWith('.') ? resolve(dirname(file), path) : path);
  const wrapped = runInThisContext(`(function (module, exports, require) {${code}\n})`, { filename: file }) as (
    module: object,
    exports: object,
    require: (path: string) => unknown,
  ) => void;
  wrapped(module, module.exports, load);
  return module.exports;
}
