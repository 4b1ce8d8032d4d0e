/**
 * Lists the exports of src without a sentence of documentation: `node scripts/exports.mjs [FOLDER]`.
 * Ends with 1 when it finds one. One sentence is enough for the overloads of a function.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { root } from './state.mjs';

const folder = process.argv[2] ?? root;

function names(statement) {
  if (!ts.isVariableStatement(statement)) return statement.name ? [statement.name.getText()] : [];
  return statement.declarationList.declarations.map(({ name }) => name.getText());
}

/** The names that a file exports without a sentence. */
function bare(file) {
  const kind = file.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  const text = readFileSync(join(folder, file), 'utf8');
  const { statements } = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true, kind);
  const exported = statements.filter((statement) =>
    statement.modifiers?.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword),
  );
  const described = exported.filter((statement) => ts.getJSDocCommentsAndTags(statement).length > 0).flatMap(names);
  return new Set(exported.flatMap(names).filter((name) => !described.includes(name)));
}

let count = 0;
const files = existsSync(join(folder, 'src')) ? readdirSync(join(folder, 'src'), { recursive: true }) : [];
for (const file of files.sort()) {
  if (!/\.tsx?$/.test(file)) continue;
  for (const name of bare(join('src', file))) {
    count += 1;
    console.log(`src/${file}: ${name} has no sentence of documentation`);
  }
}
console.log(`exports: ${count} without a sentence`);
process.exit(count === 0 ? 0 : 1);
