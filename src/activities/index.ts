/** Builds the activities of a worker from its dependencies. */
import type {
  Activities,
  FleetActivities,
  MonitorActivities,
  NotificationActivities,
  FamilyActivities,
  GatewayActivities,
  ReplicaActivities,
  SignalActivities,
  SubscriptionActivities,
  TurnActivities,
  UndoActivities,
} from '../contract/activities';
import type { TurnRecordActivities } from '../contract/run/turn-record';
import type { Providers } from '../providers/provider';
import type { SecretSettings } from '../providers/redaction';
import type { Admit } from './admission';
import { admittingReferences, allowEveryReference, type AllowReference, type HasSigned } from './references';
import { createPreflightActivities } from './fleet/preflight';
import { createLogActivities } from './logs';
import { redacting } from './redacting';
import { createProviderActivities } from './resources';

/** Providers by kind, and the other groups of activities. */
export interface ActivityDependencies {
  readonly providers: Providers;
  /** Decides which specifications may be created and woken; default: all. */
  readonly admit?: Admit;
  /** Decides which references are resolved for agents, services and webhooks; default: all. */
  readonly allowReference?: AllowReference;
  /** Decides which references of a plan are resolved before they are allowed; default: none. */
  readonly hasSigned?: HasSigned;
  readonly turns: TurnActivities;
  readonly turnRecords: TurnRecordActivities;
  readonly fleet: FleetActivities;
  readonly undo: UndoActivities;
  readonly subscriptions: SubscriptionActivities;
  readonly notifications: NotificationActivities;
  readonly monitor: MonitorActivities;
  readonly signals: SignalActivities & FamilyActivities;
  readonly replicas: ReplicaActivities;
  readonly gateway: GatewayActivities;
  /** Secrets that no result or error may contain. */
  readonly secrets: SecretSettings;
}

/** All activities of a worker, with redacted results and errors. The redaction resolves references too, so they are checked first. */
export function createActivities(dependencies: ActivityDependencies): Activities {
  const {
    providers,
    admit,
    turns,
    turnRecords,
    fleet,
    undo,
    subscriptions,
    notifications,
    monitor,
    signals,
    replicas,
    gateway,
    secrets,
  } = dependencies;
  const { allowReference = allowEveryReference, hasSigned } = dependencies;
  const { environment } = secrets;
  const all = {
    ...createProviderActivities(providers, admit),
    ...createPreflightActivities({ providers, admit, allowReference, hasSigned, environment }),
    ...turns,
    ...turnRecords,
    ...fleet,
    ...undo,
    ...subscriptions,
    ...notifications,
    ...monitor,
    ...signals,
    ...replicas,
    ...gateway,
    ...createLogActivities(providers, secrets),
  };
  return admittingReferences(redacting(all, secrets), allowReference);
}
