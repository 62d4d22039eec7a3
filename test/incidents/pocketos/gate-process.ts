/** The doors of Tripline's gate, as the demo uses them: the agent's with the agent's token, the approvers' with an approver's. */
import { askChild, type Child } from "./child.ts";
import type { AnswerBody } from "@tripline/gate";

export interface GateDoors {
  /** Railway's GraphQL endpoint, as the agent reaches it. */
  readonly railwayUrl: string;
  /** All that the agent holds. */
  readonly agentToken: string;
  /** The agent's request through the gate; the gate's or the provider's answer. */
  asAgent(query: string, variables: Readonly<Record<string, string>>): Promise<AnswerBody>;
  /** As the agent's runtime that asks before it executes something itself. */
  decide(call: object): Promise<AnswerBody>;
  /** `tripline …`, as an operator runs it beside the gate; its answer in JSON. */
  cli(...args: string[]): Promise<unknown>;
  waiting(): Promise<readonly { readonly id: string }[]>;
  statusOf(approvalId: string): Promise<string>;
  /** All that the door says of it, for an error message. */
  told(approvalId: string): Promise<string>;
  /** As an approver; throws where the door refuses. */
  answer(approvalId: string, what: "approve" | "refuse" | "cancel", reason: string, withoutBackup?: true): Promise<void>;
  /** With any token; answers the HTTP status. */
  approveAs(token: string, approvalId: string): Promise<number>;
}

interface GateAddresses {
  readonly child: Child;
  readonly gateUrl: string;
  readonly approvalsUrl: string;
  readonly agentToken: string;
  readonly approverToken: string;
  readonly cli: GateDoors["cli"];
}

/** Name of the upstream in the gate's configuration. */
export const UPSTREAM = "railway";

export function openDoors({ child, gateUrl, approvalsUrl, agentToken, approverToken, cli }: GateAddresses): GateDoors {
  const railwayUrl = `${gateUrl}/u/${UPSTREAM}/graphql/v2`;
  const approver = { authorization: `Bearer ${approverToken}` };
  const post = (url: string, token: string, body: unknown): Promise<Response> =>
    fetch(url, { method: "POST", headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, body: JSON.stringify(body) });
  return {
    railwayUrl,
    agentToken,
    cli,
    decide: async (call) => (await (await post(`${gateUrl}/v1/decisions`, agentToken, call)).json()) as AnswerBody,
    asAgent: async (query, variables) => (await (await post(railwayUrl, agentToken, { query, variables })).json()) as AnswerBody,
    waiting: async () => {
      const { approvals } = (await askChild(child, `${approvalsUrl}/v1/approvals`, approver)) as { approvals: readonly { id: string; status: string }[] };
      return approvals.filter(({ status }) => status === "waiting");
    },
    statusOf: async (id) => ((await askChild(child, `${approvalsUrl}/v1/approvals/${id}`, approver)) as { approval: { status: string } }).approval.status,
    told: async (id) => JSON.stringify(await askChild(child, `${approvalsUrl}/v1/approvals/${id}`, approver)).slice(0, 2_000),
    answer: async (id, what, reason, withoutBackup) => {
      const response = await post(`${approvalsUrl}/v1/approvals/${id}/${what}`, approverToken, { reason, ...(withoutBackup === undefined ? {} : { withoutBackup }) });
      if (!response.ok) throw new Error(`the approvers' door answered ${response.status}: ${(await response.text()).slice(0, 400)}`);
    },
    approveAs: async (token, id) => (await post(`${approvalsUrl}/v1/approvals/${id}/approve`, token, { reason: "I approve my own call." })).status,
  };
}
