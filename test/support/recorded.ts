/** Histories as files: `{workflowId, history}`, with enums by name, numbers of 64 bits as text and bytes in base64. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { temporal } from '@temporalio/proto';
import type { RecordedHistory } from '../../src/testing/server/histories';

const { History } = temporal.api.history.v1;
const AS_JSON = { enums: String, longs: String, bytes: String };

const VERSIONS = join(__dirname, '../replay/histories');

/** Histories of the version that is not released yet: they may be recorded again (docs/upgrading.md). */
export const HISTORIES = join(VERSIONS, 'next');

/** The folders of histories that must replay: `next`, and one for each release. */
export function historyFolders(): string[] {
  const entries = readdirSync(VERSIONS, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(VERSIONS, name));
}

/** Histories that must not replay: they show that the gate can fail. */
export const MUST_FAIL = join(__dirname, '../replay/must-fail');

/** True under `npm run histories`. */
export const RECORDING = process.env['DROVER_RECORD_HISTORIES'] === '1';

/** Writes every history to `<folder>/<name>-<number>-<workflow type>.json`. */
export function writeHistories(folder: string, name: string, histories: readonly RecordedHistory[]): void {
  if (existsSync(join(folder, 'SHA256SUMS'))) throw new Error(`${folder} is released: its histories never change`);
  mkdirSync(folder, { recursive: true });
  histories.forEach(({ workflowId, history }, index) => {
    const type = history.events?.[0]?.workflowExecutionStartedEventAttributes?.workflowType?.name ?? 'unknown';
    writeFileSync(join(folder, `${name}-${index + 1}-${type}.json`), asText(workflowId, history));
  });
}

/** Writes a history that does not replay into a temporary folder, so that it can be looked at. Returns the file. */
export function keepHistory({ workflowId, runId, history }: RecordedHistory): string {
  const file = join(mkdtempSync(join(tmpdir(), 'drover-history-')), `${workflowId.replaceAll('/', '-')}-${runId}.json`);
  writeFileSync(file, asText(workflowId, history));
  return file;
}

function asText(workflowId: string, history: RecordedHistory['history']): string {
  return `${JSON.stringify({ workflowId, history: History.toObject(History.fromObject(history), AS_JSON) }, null, 1)}\n`;
}

/** Reads every history of a folder; the file's name stands for the run. */
export function readHistories(folder: string): RecordedHistory[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return files.map((file) => {
    const content = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { workflowId: string; history: object };
    return { workflowId: content.workflowId, runId: file, history: History.fromObject(content.history) };
  });
}
