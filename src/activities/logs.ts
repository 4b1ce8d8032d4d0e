/** Reads logs for clients elsewhere: bounded, without secrets, and sealed for the gateway. */
import { Context } from '@temporalio/activity';
import type { HostActivities } from '../contract/activities';
import {
  LOG_LINE_BYTES,
  LOG_TAIL_LINES,
  LOG_WAIT_MS,
  type LogLine,
  type LogPart,
  type LogPartRequest,
} from '../contract/agent/log';
import { DroverError } from '../contract/errors';
import { boundedText } from '../contract/text';
import { seal } from '../lib/sealed';
import { type Providers, titleOf } from '../providers/provider';
import { NOT_SHOWN, redactionFor, type SecretSettings } from '../providers/redaction';
import { asActivityFailure, asProviderFailure } from './failures';
import { concernOf } from './redacting';

/**
 * Readers that may wait for new lines at a time: each takes one of the host's 100 slots, and starts of
 * agents need them too. Others get an empty answer at once.
 */
const WAITING = 30;

/** The activity over these providers. */
export function createLogActivities(providers: Providers, settings: SecretSettings): HostActivities {
  let waiting = 0;
  return {
    async readLog(call) {
      const provider = providers[call.provider];
      if (provider?.logPart === undefined) throw elsewhere(titleOf(call), call.provider);
      const { clean, isSure } = await redactionFor(concernOf(call), settings);
      const { cancellationSignal } = Context.current();
      const request = bounded(call.request, waiting < WAITING);
      waiting += 1;
      let part: LogPart;
      try {
        part = await provider.logPart(call, request, cancellationSignal);
      } catch (error) {
        throw asProviderFailure(error);
      } finally {
        waiting -= 1;
      }
      const shown: LogPart = {
        ...part,
        lines: isSure ? part.lines.map((line) => cleaned(line, clean)) : withheld(part),
      };
      return { sealed: seal(JSON.stringify(shown), settings.agentSecret, titleOf(call)) };
    },
  };
}

function bounded({ after, tail, since, waitMs = 0 }: LogPartRequest, mayWait: boolean): LogPartRequest {
  return {
    ...(after === undefined ? {} : { after }),
    ...(tail === undefined ? {} : { tail: Math.min(tail, LOG_TAIL_LINES) }),
    ...(since === undefined ? {} : { since }),
    ...(mayWait && waitMs > 0 ? { waitMs: Math.min(waitMs, LOG_WAIT_MS) } : {}),
  };
}

/** A line is cut after its secrets were removed: half a secret would not be found. */
function cleaned({ at, line }: LogLine, clean: (text: string) => string): LogLine {
  return { at, line: boundedText(clean(line), LOG_LINE_BYTES) };
}

function withheld({ lines }: LogPart): readonly LogLine[] {
  return lines.slice(-1).map(({ at }) => ({ at, line: `(${NOT_SHOWN})` }));
}

function elsewhere(title: string, provider: string): Error {
  const what = `Drover has no log of ${title}: an agent of provider ${provider} writes it where its service runs`;
  return asActivityFailure(new DroverError('InvalidRequest', what), { permanent: true, expected: true });
}
