/** `drover sign`: a fleet file with signatures, for clients without the key. */
import { type Command, Option } from 'commander';
import { SpecKeys, signFleet } from '../../client/spec-keys';
import { DroverError } from '../../contract/errors';
import { specSecrets } from '../lib/connection';
import { loadFleetFile } from '../files/fleet-file';
import { print, say } from '../lib/output';

interface SignFlags {
  readonly file: string;
  readonly output: 'yaml' | 'json';
}

/** Adds the command to the program. */
export function register(program: Command): void {
  program
    .command('sign')
    .requiredOption('-f, --file <file>', 'the fleet file')
    .addOption(new Option('-o, --output <format>', 'yaml or json').choices(['yaml', 'json']).default('yaml'))
    .action((flags: SignFlags) => sign(flags));
}

async function sign({ file: path, output }: SignFlags): Promise<void> {
  const secrets = specSecrets();
  if (secrets === undefined) {
    throw new DroverError(
      'InvalidRequest',
      'no key to sign with: set DROVER_SPEC_SECRET to that of the workers, or run this in the directory of a drover up',
    );
  }
  const { file, warnings } = await loadFleetFile(path);
  for (const warning of warnings) say(`warning: ${warning}`);
  const spec = signFleet(new SpecKeys(secrets), file.metadata.name, file.spec);
  const data = { ...file, spec };
  await print(output, { data, names: [], text: () => '' });
}
