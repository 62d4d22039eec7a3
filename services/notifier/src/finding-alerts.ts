/** Which findings are told by themselves: those that the detector marked as worth an alert within the agent's budget. A trip tells its own. */
import type { Alert } from "@tripline/alerts";
import type { Finding } from "@tripline/model";
import { alertId } from "./alert-id.ts";
import { findingData } from "./breaker-alerts.ts";
import { LIMITS } from "./limits.ts";

export function findingAlerts(finding: Finding): Alert[] {
  if (finding.alert !== true) return [];
  const { tenant, agent, risk } = finding;
  return [
    {
      id: alertId("finding", finding.id),
      type: "finding.raised",
      atMs: finding.atMs,
      title: `Agent ${agent} does what is unusual for it; its breaker did not open for this, and nothing is revoked`,
      data: {
        tenant,
        agent,
        ...(risk === null ? {} : { riskBits: risk.bits, tripBits: risk.budgetBits }),
        finding: findingData(finding),
        features: finding.features.slice(0, LIMITS.featuresPerAlert).map(({ name, bits, expected, observed }) => ({ name, bits, expected, observed })),
      },
    },
  ];
}
