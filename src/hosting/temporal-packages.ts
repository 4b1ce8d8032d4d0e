/**
 * Temporal's packages as this process finds them. They are peer dependencies: a program that hosts
 * Drover and Drover itself share one copy, since a process can run one native core.
 */
import { readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { DroverError } from '../contract/errors';
import { errorCode } from '../lib/error-code';

/** A package's version and range, as a finding of `drover doctor` shows it. */
export interface PackageProblem {
  readonly name: string;
  readonly problem: string;
}

const CORE = '@temporalio/core-bridge';
const WORKER = '@temporalio/worker';

/**
 * Refuses to start a worker in a process that has loaded two native cores: each has its own threads
 * and connections, and objects of one are not valid in the other.
 */
export function requireOneCore(cores = loadedCores()): void {
  if (cores.length < 2) return;
  throw new DroverError(
    'InvalidRequest',
    `this process has loaded Temporal's native core ${String(cores.length)} times (${cores.join(', ')}): ` +
      `install one version of the @temporalio packages; \`npm ls ${CORE}\` shows who brings which`,
  );
}

/** The paths of the native cores that this process has loaded. */
export function loadedCores(): readonly string[] {
  const report = reportWithoutNetwork();
  const files: unknown = 'sharedObjects' in report ? report.sharedObjects : [];
  return Array.isArray(files)
    ? files.filter((file): file is string => typeof file === 'string' && /core-bridge[\\/].*\.node$/.test(file))
    : [];
}

/** Node's report of this process. With the network in it, Node would look up the name of every peer. */
function reportWithoutNetwork(): object {
  const settings: NodeJS.ProcessReport & { excludeNetwork?: boolean } = process.report;
  const before = settings.excludeNetwork ?? false;
  settings.excludeNetwork = true;
  try {
    return process.report.getReport();
  } finally {
    settings.excludeNetwork = before;
  }
}

/** The version of Temporal's worker that this process uses. */
export function sdkVersion(): string {
  return versionAt(createRequire(__filename).resolve(`${WORKER}/package.json`));
}

/**
 * The problems of Temporal's packages as Drover finds them, and of the native core that a
 * program in `folder` would load beside Drover's. Empty without a problem.
 */
export function packageProblems(ranges: Readonly<Record<string, string>>, folder: string): readonly PackageProblem[] {
  return [...versionProblems(ranges), ...coreProblems(folder)];
}

function versionProblems(ranges: Readonly<Record<string, string>>): readonly PackageProblem[] {
  const find = createRequire(__filename);
  return Object.entries(ranges).flatMap(([name, range]) => {
    const file = resolved(find, `${name}/package.json`);
    if (file === undefined) return [{ name, problem: `is not installed: npm install "${name}@${range}"` }];
    const version = versionAt(file);
    return satisfies(version, range)
      ? []
      : [{ name, problem: `is ${version} in ${dirname(file)}: npm install "${name}@${range}"` }];
  });
}

/** The core that Drover's worker loads, and the one of the worker that `folder` finds. */
function coreProblems(folder: string): readonly PackageProblem[] {
  const own = coreOf(createRequire(__filename));
  const other = coreOf(createRequire(join(folder, 'package.json')));
  return own === undefined || other === undefined || own === other
    ? []
    : [
        {
          name: CORE,
          problem: `exists twice, and a process can run one: Drover finds ${own}, programs in ${folder} find ${other}; run npm dedupe`,
        },
      ];
}

function coreOf(find: NodeJS.Require): string | undefined {
  const worker = resolved(find, `${WORKER}/package.json`);
  const core = worker === undefined ? undefined : resolved(createRequire(worker), `${CORE}/package.json`);
  return core === undefined ? undefined : dirname(realpathSync(core));
}

function resolved(find: NodeJS.Require, name: string): string | undefined {
  try {
    return find.resolve(name);
  } catch (error) {
    if (errorCode(error) === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

function versionAt(packageFile: string): string {
  const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string };
  return version;
}

/** True for the versions of a range `^major.minor.patch` with a major of 1 or more. */
function satisfies(version: string, range: string): boolean {
  const [major = 0, minor = 0, patch = 0] = numbers(version);
  const [wantedMajor = 0, wantedMinor = 0, wantedPatch = 0] = numbers(range.replace('^', ''));
  return major === wantedMajor && (minor > wantedMinor || (minor === wantedMinor && patch >= wantedPatch));
}

function numbers(version: string): readonly number[] {
  return version.split('.').map((part) => Number.parseInt(part, 10));
}
