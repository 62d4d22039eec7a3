import type { Approval, Grant } from "@tripline/model";
import { type Command, InvalidArgumentError } from "commander";
import { approvalsClient } from "./approvals-client.ts";
import { globals } from "./options.ts";
import { plain, print, table, time } from "./output.ts";

interface Own {
  readonly as?: string;
  readonly reason: string;
}

const AS = ["--as <approver>", "who decides, by the token in <dataDir>/approvers/<approver>; else TRIPLINE_APPROVER_TOKEN"] as const;
const REASON = ["--reason <text>", "why, for the record"] as const;

/** Adds `tripline approvals|approve|refuse|cancel|bypass|bypass-end`. */
export function addApprovals(program: Command): void {
  program
    .command("approvals [id]")
    .description("held calls that wait for approvers, and what became of those of the last day; with an id, all of one")
    .option(...AS)
    .action(async (id: string | undefined, own: Own, command: Command) => {
      const options = globals(command);
      const client = approvalsClient(options, own.as);
      if (id !== undefined) {
        const shown = await client.get<Shown>(`/v1/approvals/${encodeURIComponent(id)}`);
        return print(shown, options.json, () => details(shown));
      }
      const { approvals } = await client.get<{ approvals: Approval[] }>("/v1/approvals");
      const { bypasses } = await client.get<{ bypasses: Grant[] }>("/v1/bypasses");
      print({ approvals, bypasses }, options.json, () => [list(approvals), ...bypassLines(bypasses)].join("\n"));
    });
  addApprove(program);
  addOrder(program, "refuse", "refuse a held call");
  addOrder(program, "cancel", "take a held call back, approved or not, until it is executed");
  addBypass(program);
  program
    .command("bypass-end <id>")
    .description("end a bypass before its time")
    .option(...AS)
    .action(async (id: string, own: Own, command: Command) => {
      const options = globals(command);
      const { bypass } = await approvalsClient(options, own.as).post<{ bypass: Grant }>(`/v1/bypasses/${encodeURIComponent(id)}/end`, {});
      print({ bypass }, options.json, () => `Bypass ${plain(bypass.id)} of ${plain(bypass.agent)} is over.`);
    });
}

interface OwnYes extends Own {
  readonly withoutBackup?: true;
}

interface Results {
  readonly results: readonly { readonly id: string; readonly approval: Approval | null; readonly error: { readonly code: string; readonly message: string } | null }[];
}

function addApprove(program: Command): void {
  program
    .command("approve <ids...>")
    .description("approve held calls, each by its id (see `tripline approvals <id>` for what each would do)")
    .option(...AS)
    .option(...REASON, "approved with tripline approve")
    .option("--without-backup", "they may run though nothing would bring back what they destroy; on record with your name")
    .action(async (ids: string[], own: OwnYes, command: Command) => {
      const options = globals(command);
      const answer = await approvalsClient(options, own.as).post<Results>("/v1/approvals/approve", { ids: [...new Set(ids)], reason: own.reason, withoutBackup: own.withoutBackup === true });
      print(answer, options.json, () => answer.results.map(({ id, approval, error }) => (approval === null ? `${plain(id)}: ${plain(error?.message ?? "")}` : became(approval))).join("\n"));
      if (answer.results.some(({ error }) => error !== null)) process.exitCode = 1;
    });
}

function addOrder(program: Command, order: "refuse" | "cancel", description: string): void {
  program
    .command(`${order} <id>`)
    .description(description)
    .option(...AS)
    .option(...REASON, `ordered with tripline ${order}`)
    .action(async (id: string, own: Own, command: Command) => {
      const options = globals(command);
      const answer = await approvalsClient(options, own.as).post<{ approval: Approval }>(`/v1/approvals/${encodeURIComponent(id)}/${order}`, { reason: own.reason });
      print(answer, options.json, () => became(answer.approval));
    });
}

interface OwnBypass extends Own {
  readonly operation: readonly string[];
  readonly resource: readonly string[];
  readonly environment: readonly string[];
  readonly minutes: number;
}

/** What cannot be read must not silently become another time. */
function minutes(text: string): number {
  if (!/^[1-9]\d{0,2}$/u.test(text)) throw new InvalidArgumentError("Give whole minutes, at most 480.");
  return Number(text);
}

function addBypass(program: Command): void {
  const several = (one: string, before: readonly string[]): readonly string[] => [...before, one];
  program
    .command("bypass <agent>")
    .description("for a while, ask nobody about named operations of an agent; on record, never across environments, never for volumes, backups and their protection")
    .requiredOption("--operation <name>", "canonical operation, `*` may end it; may be given again", several, [])
    .option("--resource <id>", "resource, `*` may end it; may be given again", several, [])
    .requiredOption("--environment <name>", "environment, one that the agent works in; may be given again", several, [])
    .requiredOption("--minutes <count>", "for how long, at most 480", minutes)
    .requiredOption(...REASON)
    .option(...AS)
    .action(async (agent: string, own: OwnBypass, command: Command) => {
      const options = globals(command);
      const body = { agent, operations: own.operation, resources: own.resource, environments: own.environment, minutes: own.minutes, reason: own.reason };
      const answer = await approvalsClient(options, own.as).post<{ bypass: Grant }>("/v1/bypasses", body);
      print(answer, options.json, () => [...bypassLines([answer.bypass]), "Volumes, backups and their protection are held all the same. `tripline bypass-end <id>` ends it sooner."].join("\n"));
    });
}

function became({ id, status, needed, given, executeAtMs }: Approval): string {
  if (status === "waiting") return `${id}: ${given.length} of ${needed} approvers.`;
  return status === "approved" && executeAtMs !== null ? `${id}: approved; not before ${time(executeAtMs)}, and until then \`tripline cancel ${id}\` takes it back.` : `${id}: ${status}.`;
}

/** Nothing is to come of these. */
const SETTLED: ReadonlySet<string> = new Set<Approval["status"]>(["refused", "cancelled", "expired", "executed", "unclear", "void"]);

function list(approvals: readonly Approval[]): string {
  if (approvals.length === 0) return "Nothing waits for approval.";
  const rows = approvals.map((a) => [a.id, a.status, a.agent, a.operation, a.environment, a.level, `${a.given.length}/${a.needed}`, SETTLED.has(a.status) ? "-" : time(a.executeAtMs ?? a.expiresAtMs)]);
  return table(["APPROVAL", "STATUS", "AGENT", "OPERATION", "ENVIRONMENT", "LEVEL", "GIVEN", "NOT BEFORE / UNTIL"], rows);
}

function bypassLines(bypasses: readonly Grant[]): string[] {
  return bypasses.map((one) => `Bypass ${one.id} of ${plain(one.agent)}: ${plain(one.irreversible.join(", "))} in ${plain(one.environments.join(", "))} until ${time(one.expiresAtMs ?? 0)}, by ${plain(one.bypass?.by ?? "")}: ${plain(one.bypass?.reason ?? "")}`);
}

interface Shown {
  readonly approval: Approval;
  readonly details: {
    readonly task: string | null;
    readonly saferAlternative: string | null;
    readonly arguments: string;
    readonly request: string;
    readonly leftOut: readonly string[];
    readonly operations: readonly { readonly operation: string; readonly reason: string; readonly extent: string; readonly count: number | null; readonly places: readonly string[] }[];
  } | null;
  readonly target: { readonly origin: string; readonly addresses: readonly string[] } | null;
  readonly backup: { readonly text: string; readonly mustBeSaid: boolean };
  readonly link: string | null;
}

function details({ approval, details: call, target, backup, link }: Shown): string {
  const told: readonly (readonly [string, string | null | undefined])[] = [
    ["status", `${approval.status}${approval.reason === "" ? "" : `: ${approval.reason}`}`], ["agent", approval.agent], ["what", approval.summary], ["rule", approval.rule], ["level", approval.level],
    ...(call?.operations ?? []).map(({ operation, extent, count, places }) => ["touches", `${operation}: ${extent === "unknown" ? "it does not tell how much" : extent}${count === null ? "" : `, ${count}`}: ${places.join(", ")}`] as const),
    ["task", call?.task], ["goes to", target === null ? "the agent's runtime executes it" : `${target.origin} (${target.addresses.join(", ")})`], ["arguments", call?.arguments], ["request", call?.request],
    ["NOT SHOWN", call === null || call.leftOut.length === 0 ? null : `${call.leftOut.join(" ")} Refuse it unless you know the rest from elsewhere.`],
    ["backup", `${backup.text}${backup.mustBeSaid ? " To approve it takes --without-backup." : ""}`], ["instead", call?.saferAlternative], ["approvers", `${approval.given.length} of ${approval.needed} ${approval.given.map(({ by, withoutBackup }) => (withoutBackup === true ? `${by} (without a backup)` : by)).join(" ")}`],
    ["executed", approval.executeAtMs === null ? null : `not before ${time(approval.executeAtMs)}`], ["until", time(approval.expiresAtMs)], ["page", link],
  ];
  return [approval.id, ...told.flatMap(([name, text]) => (text === null || text === undefined || text === "" ? [] : [`  ${name.padEnd(10)}${lines(text.trim())}`]))].join("\n");
}

/** A text of several lines stays readable, and each is marked as part of it: what an agent wrote must not pass for a line of ours. */
function lines(text: string): string {
  const [first = "", ...rest] = text.split("\n");
  return [plain(first), ...rest.map((line) => `            | ${plain(line)}`)].join("\n");
}
