/**
 * The Agent Client Protocol's library. It is large and made of ES modules, so only `drover adapt acp`
 * loads it. The entry with unstable features is the one that knows the usage of a prompt.
 */
import type * as Sdk from '@agentclientprotocol/sdk/unstable' with { 'resolution-mode': 'import' };

export type {
  ClientConnection,
  CreateTerminalRequest,
  InitializeResponse,
  LoadSessionResponse,
  McpServer,
  NewSessionResponse,
  PermissionOption,
  PlanEntry,
  PromptResponse,
  ReadTextFileRequest,
  RequestPermissionRequest,
  RequestPermissionResponse,
  SessionModeState,
  SessionNotification,
  TerminalOutputResponse,
  WaitForTerminalExitResponse,
  WriteTextFileRequest,
} from '@agentclientprotocol/sdk/unstable' with { 'resolution-mode': 'import' };

/** The library. */
export type Acp = typeof Sdk;

/** Loads it. */
export function loadAcp(): Promise<Acp> {
  return import('@agentclientprotocol/sdk/unstable');
}
