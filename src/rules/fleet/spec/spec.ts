/** Parses a fleet's specification and the messages of its workflow in the sandbox. */
import { DroverError } from '../../../contract/errors';
import type {
  AgentGone,
  ApplyRequest,
  CancelRequest,
  CompensateRequest,
  DestroyRequest,
  FleetSpec,
  PoolGone,
  RunNamed,
  ScaleRequest,
  SubscriptionSpec,
  UsageLeft,
} from '../../../contract/fleet';
import { FLEET_LIMITS, REQUEST_ID_LENGTH } from '../../../contract/values/patterns';
import { agentSpec, applicationFields, livenessSpec, restartSpec } from '../../agent/spec/spec';
import { boundedDuration, filledList, inboxSpec, notifySpec, secretReference } from '../../lib/fields';
import { provisioningSpec } from '../../change/messages';
import { crossProblems } from './check';
import { usage } from '../../lib/turn/usage';
import { parseTopologySpec } from '../../topology/parse';
import { message } from '../../lib/message';
import { originFields } from '../../lib/origin';
import { boolean, integer, list, name, object, optional, type Parser, text } from '../../lib/parse';

/** A pool of a fleet's file. */
export const subscriptionSpec: Parser<SubscriptionSpec> = object({
  pool: name,
  credentials: filledList(object({ name, secret: secretReference })),
  skipFor: optional(boundedDuration),
  ...applicationFields,
});

/** A fleet's `spec`, as far as its parts can be read one by one. */
export const fleetShape: Parser<FleetSpec> = object({
  provisioning: optional(provisioningSpec),
  liveness: optional(livenessSpec),
  restart: optional(restartSpec),
  agents: list(agentSpec, FLEET_LIMITS.agents),
  topology: optional(parseTopologySpec),
  subscriptions: optional(list(subscriptionSpec, FLEET_LIMITS.items)),
  notify: optional(notifySpec),
  inbox: optional(inboxSpec),
});

/**
 * A fleet's `spec`. Throws `InvalidRequest` for a wrong shape and `InvalidFleet` for fields that
 * contradict each other.
 */
export const fleetSpec: Parser<FleetSpec> = (value, path) => {
  const spec = fleetShape(value, path);
  const problems = crossProblems(spec);
  const [first] = problems;
  if (first) {
    const more = problems.length > 1 ? ` (and ${String(problems.length - 1)} more)` : '';
    throw new DroverError('InvalidFleet', `${[path, ...first.path].join('.')}: ${first.message}${more}`, { problems });
  }
  return spec;
};

const requestId = optional(text(REQUEST_ID_LENGTH));
const ofRequest = { requestId, ...originFields } as const;

/** The argument of `apply`. */
export const applyRequest: Parser<ApplyRequest> = message({
  spec: fleetSpec,
  expectRevision: optional(integer()),
  ...ofRequest,
  dryRun: optional(boolean),
});

/** The argument of `scale`. */
export const scaleRequest: Parser<ScaleRequest> = message({
  agent: name,
  replicas: integer(0, FLEET_LIMITS.agents),
  expectRevision: optional(integer()),
  dryRun: optional(boolean),
  ...ofRequest,
});

/** The argument of `destroy`. */
export const destroyRequest: Parser<DestroyRequest> = message({ ...ofRequest, forget: optional(boolean) });

/** The argument of a fleet's `cancel`. */
export const cancelRequest: Parser<CancelRequest> = message({
  changeId: optional(text(200)),
  revision: optional(integer(1)),
  reason: optional(text(2_000)),
  ...ofRequest,
});

/** The argument of a fleet's `pause`. */
export const pauseRequest = message({ reason: optional(text(2_000)), ...ofRequest, wait: optional(boolean) });

/** The argument of a fleet's `resume`. */
export const resumeRequest = message({ ...ofRequest, wait: optional(boolean) });

/** The argument of `compensate`. */
export const compensateRequest: Parser<CompensateRequest> = message({
  attempt: optional(integer(1)),
  revision: optional(integer()),
  ...ofRequest,
});

/** The argument of `nameRun`. */
export const runNamed: Parser<RunNamed> = message({ run: name, requestId: text(REQUEST_ID_LENGTH) });

/** Signal `poolGone`. */
export const poolGone: Parser<PoolGone> = message({ pool: name });

/** Signal `agentGone`. */
export const agentGone: Parser<AgentGone> = message({ agent: name, incarnation: text(1_000), key: text(1_000) });

/** Signal `usageLeft`. */
export const usageLeft: Parser<UsageLeft> = message({ agent: name, key: text(1_000), usage });
