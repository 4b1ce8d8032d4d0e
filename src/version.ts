/** Facts of this package, from package.json. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The fields of package.json that are read at run time. */
interface Manifest {
  readonly version: string;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

/** package.json is next to both src/ and dist/. */
function manifest(): Manifest {
  return JSON.parse(readFileSync(join(__dirname, '../package.json'), 'utf8')) as Manifest;
}

/** The version of this package. */
export function packageVersion(): string {
  return manifest().version;
}

/** Temporal's packages with the ranges of versions that Drover works with. */
export function peerRanges(): Readonly<Record<string, string>> {
  return manifest().peerDependencies;
}
