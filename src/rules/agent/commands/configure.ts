/** Gives an agent another configuration, or refuses it. */
import type { AgentConfiguration } from '../../../contract/agent';
import { isTerminated } from '../lifecycle';
import { agentSettings } from '../spec/settings';
import { DroverError } from '../../../contract/errors';
import type { AgentState } from '../state';

/**
 * The state with this configuration. An older revision changes nothing, and the same one only makes
 * the report due again. Throws `AgentStatusError`, `StaleRevision` or `InvalidRequest`.
 */
export function configure(
  state: AgentState,
  config: AgentConfiguration,
): { readonly state: AgentState; readonly changed: boolean } {
  const name = `${state.fleet}/${state.agent}`;
  if (isTerminated(state)) {
    throw new DroverError(
      'AgentStatusError',
      `cannot configure ${name}: it is being terminated; apply again when it is gone`,
    );
  }
  if (config.incarnation !== state.config.incarnation) {
    throw new DroverError(
      'StaleRevision',
      `cannot configure ${name}: it belongs to incarnation ${state.config.incarnation} of its fleet, not to ${config.incarnation}; terminate it first`,
    );
  }
  if (config.revision < state.config.revision) return { state, changed: false };
  if (config.key !== state.config.key) {
    throw new DroverError(
      'InvalidRequest',
      `cannot configure ${name}: its resource has another key; terminate it and start a new agent`,
    );
  }
  if (config.revision === state.config.revision) return { state: requestReport(state, config), changed: false };
  const settings = agentSettings(config.spec);
  return { state: { ...state, config, settings, reportedTo: null, op: state.op + 1 }, changed: true };
}

/**
 * Makes the report due again. The repeat may come from another change, and may be the first to know
 * the resource's id.
 */
function requestReport(state: AgentState, config: AgentConfiguration): AgentState {
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
