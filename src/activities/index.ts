/** Everything a worker does on behalf of workflows, built from what it depends on. */
import type {
  Activities,
  FleetActivities,
  MonitorActivities,
  NotificationActivities,
  FamilyActivities,
  GatewayActivities,
  SignalActivities,
  SubscriptionActivities,
  TurnActivities,
  UndoActivities,
} from '../contract/activities';
import type { Providers } from '../providers/provider';
import type { SecretSettings } from '../providers/redaction';
import type { Admit } from './admission';
import { redacting } from './redacting';
import { createProviderActivities } from './resources';

/** Providers by kind, and every other group of activities as its own module builds it. */
export interface ActivityDependencies {
  readonly providers: Providers;
  /** Which specifications are created and woken; every one unless given. */
  readonly admit?: Admit;
  readonly turns: TurnActivities;
  readonly fleet: FleetActivities;
  readonly undo: UndoActivities;
  readonly subscriptions: SubscriptionActivities;
  readonly notifications: NotificationActivities;
  readonly monitor: MonitorActivities;
  readonly signals: SignalActivities & FamilyActivities;
  readonly gateway: GatewayActivities;
  /** What no activity may tell. */
  readonly secrets: SecretSettings;
}

/** The activities of a worker. */
export function createActivities(dependencies: ActivityDependencies): Activities {
  const { providers, admit, turns, fleet, undo, subscriptions, notifications, monitor, signals, gateway, secrets } =
    dependencies;
  const own = createProviderActivities(providers, admit);
  const all = {
    ...own,
    ...turns,
    ...fleet,
    ...undo,
    ...subscriptions,
    ...notifications,
    ...monitor,
    ...signals,
    ...gateway,
  };
  return redacting(all, secrets);
}
