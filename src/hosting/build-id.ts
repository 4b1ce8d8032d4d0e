/** Names exactly what runs: the version of this package, and the workflow code in it. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageVersion } from '../version';

/** The built workflow bundle, beside the compiled sources. */
const BUNDLE = join(__dirname, '../workflow-bundle.js');
/** Hexadecimal digits of the bundle's SHA-256: 48 bits tell the builds of one version apart. */
const HASH_LENGTH = 12;
const SOURCE_MAP = '//# sourceMappingURL=';

/**
 * `0.1.0+3f2ac41be09d`: the version, with the hash of the workflow bundle as semver's build
 * metadata. Without a bundle, the workflows are compiled from source, and the build id ends
 * in `+source`. The source map is left out, because it names the folder of the build.
 */
export function buildId(bundle = BUNDLE): string {
  if (!existsSync(bundle)) return `${packageVersion()}+source`;
  const text = readFileSync(bundle, 'utf8');
  const end = text.lastIndexOf(SOURCE_MAP);
  const code = end < 0 ? text : text.slice(0, end);
  return `${packageVersion()}+${createHash('sha256').update(code).digest('hex').slice(0, HASH_LENGTH)}`;
}
