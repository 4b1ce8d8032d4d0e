/** Update `configure`: a fleet's newer revision of an agent takes effect while it runs. */
import { isTerminated } from './lifecycle';
import type { AgentConfiguration } from '../../contract/agent';
import { DroverError } from '../../contract/errors';
import type { AgentState } from './state';
import { agentSettings } from './settings';

/** The configured state. An older revision changes nothing; the same one only asks for the report again. */
export function configure(
  state: AgentState,
  config: AgentConfiguration,
): { readonly state: AgentState; readonly changed: boolean } {
  const name = `${state.fleet}/${state.agent}`;
  if (isTerminated(state)) {
    throw new DroverError(
      'AgentStatusError',
      `${name} is being terminated and cannot be configured; apply again when it is gone`,
    );
  }
  if (config.incarnation !== state.config.incarnation) {
    throw new DroverError(
      'StaleRevision',
      `${name} belongs to incarnation ${state.config.incarnation} of its fleet, not to ${config.incarnation}; terminate it first`,
    );
  }
  if (config.revision < state.config.revision) return { state, changed: false };
  if (config.key !== state.config.key) {
    throw new DroverError(
      'InvalidRequest',
      `${name} has the resource of another key; an agent is replaced by a new one`,
    );
  }
  if (config.revision === state.config.revision) return { state: asked(state, config), changed: false };
  const settings = agentSettings(config.spec);
  return { state: { ...state, config, settings, reportedTo: null, op: state.op + 1 }, changed: true };
}

/** A repeat may come from another change that now waits, and may know the resource's id, which the first did not. */
function asked(state: AgentState, config: AgentConfiguration): AgentState {
  const { resourceId, reportTo } = config;
  return {
    ...state,
    reportedTo: null,
    config: {
      ...state.config,
      resourceId: resourceId ?? state.config.resourceId,
      ...(reportTo === undefined ? {} : { reportTo }),
    },
  };
}
