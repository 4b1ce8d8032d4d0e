/**
 * Parses every message of a pool's workflow. Each parser throws `InvalidRequest` with the field's
 * path.
 */
import type {
  AllocationRejected,
  AllocationRequested,
  PoolConfiguration,
  PoolInput,
  PoolLeft,
} from '../../contract/pool';
import { REQUEST_ID_LENGTH } from '../../contract/values/patterns';
import { id, notifySpec } from '../lib/fields';
import { version } from '../lib/carried';
import type { Origin } from '../../contract/caller/origin';
import { agentName, parseFailureObserved } from '../lib/grants';
import { message } from '../lib/message';
import { originFields } from '../lib/origin';
import * as parse from '../lib/parse';

const requestId = parse.optional(parse.text(REQUEST_ID_LENGTH));

/** An update that the pool applies once for each request id. */
interface Repeatable {
  readonly requestId?: string;
}

/** The parsers of a pool's configuration, field by field. */
export const configurationFields = {
  credentials: parse.list(parse.object({ name: parse.name, secret: parse.text() }), 1_000),
  skipFor: parse.optional(parse.duration),
  fleet: parse.optional(parse.name),
  notify: parse.optional(notifySpec),
} as const;

/** Update `configure`. */
export const parsePoolConfiguration: parse.Parser<PoolConfiguration & Repeatable> = message({
  ...configurationFields,
  requestId,
});

/** The input of a pool's first run. */
export const parsePoolInput: parse.Parser<PoolInput> = message({
  v: version,
  pool: parse.name,
  ...configurationFields,
  continueAfterEvents: parse.optional(parse.integer(1)),
});

/** Signal `allocationRequested`. */
export const parseAllocationRequested: parse.Parser<AllocationRequested> = message({
  requestId: id,
  agent: agentName,
  not: parse.nullable(parse.name),
  above: parse.optional(parse.integer()),
  failed: parse.optional(parseFailureObserved),
});

/** Signal `allocationRejected`. */
export const parseAllocationRejected: parse.Parser<AllocationRejected> = message({ requestId: id });

/** Signal `agentGone`. */
export const parseAgentGone: parse.Parser<{ agent: string }> = message({ agent: agentName });

/** Update `leave`. */
export const parsePoolLeft: parse.Parser<PoolLeft & Repeatable> = message({ fleet: parse.name, requestId });

/** Update `reset`; without `credential` it resets all of them. */
export const parseReset: parse.Parser<{ credential?: string } & Repeatable & Origin> = message({
  credential: parse.optional(parse.name),
  requestId,
  ...originFields,
});
