/** The pages about the edges name what there is, and nothing that is not. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { configSchema } from '../src/contract/schemas/config';
import { CALLS } from '../src/contract/schemas/http';

const page = (name: string) => readFileSync(join(__dirname, '../docs', name), 'utf8');

it('docs/http.md names every call', () => {
  const text = page('http.md');
  // Siblings are written by their last word: "…/pause`, `resume`".
  const missing = Object.values(CALLS).filter(
    ({ path }) =>
      !text.includes(`${path}\``) &&
      !text.includes(`${path}\` (`) &&
      !text.includes(`\`${path.split('/').at(-1) ?? ''}\``),
  );
  expect(missing).toEqual([]);
});

it('docs/cli.md names every setting and every command', () => {
  const text = page('cli.md');
  expect(
    [...text.matchAll(/`(DROVER_[A-Z_]+)`/g)]
      .map(([, name]) => name)
      .filter((name) => !(name ?? '' in configSchema.shape)),
  ).toEqual([]);
  for (const name of Object.keys(configSchema.shape)) expect(text).toContain(`\`${name}\``);
  const commands = [
    ...readFileSync(join(__dirname, '../src/cli/main.ts'), 'utf8').matchAll(/^ {2}(\w+): \{ ?\n? *summary/gm),
  ].map(([, name]) => name ?? '');
  expect(commands.length).toBeGreaterThan(20);
  for (const command of commands) expect(text).toMatch(new RegExp(`\`${command}\\b|, \`${command}\``));
});
