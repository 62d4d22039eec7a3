/** The approvers' page: one call, what it would do, and a form that asks for the approver's own token. No script, nothing from elsewhere. */
import { createHash } from "node:crypto";
import { isSettled } from "@tripline/core";
import type { Approval } from "@tripline/model";
import type { Shown } from "./approvals.ts";
import { escaped, escapedLines } from "./html.ts";

const STYLE = `body{font:16px/1.45 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
h1{font-size:1.35rem}h2{font-size:1.1rem}table{border-collapse:collapse;width:100%}th{text-align:left;vertical-align:top;padding:.3rem 1rem .3rem 0;width:12rem;overflow-wrap:anywhere;font-weight:600}
td{padding:.3rem 0;overflow-wrap:anywhere}pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f4f4f4;border:1px solid #ccc;padding:.6rem}
.note{border-left:.3rem solid #b45309;padding:.4rem .8rem;background:#fff7ed}.highest{border-color:#b91c1c;background:#fef2f2}
label{display:block;margin:.6rem 0 .2rem}input[type=checkbox]{width:auto}input{font:inherit;width:100%;box-sizing:border-box;padding:.4rem}button{font:inherit;padding:.5rem 1.2rem;margin:1rem .6rem 0 0}
@media(max-width:40rem){body{margin:1rem auto}tr,th,td{display:block;width:auto}th{padding:.5rem 0 0}td{padding:0 0 .3rem}button{display:block;width:100%}}`;

/** For the `Content-Security-Policy` header: this page's own style and its form, and nothing else. */
export const PAGE_POLICY = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`;

function page(title: string, body: string): string {
  return `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex"><title>${escaped(title)}</title><style>${STYLE}</style></head><body>\n${body}\n</body></html>\n`;
}

/** One sentence where there is nothing to decide: a link that is not ours, or over. */
export function messagePage(title: string, text: string): string {
  return page(title, `<h1>${escaped(title)}</h1>\n<p>${escaped(text)}</p>`);
}

/** Where a link says nothing but which approval it is: what it is about is shown to approvers alone. */
export function signInPage({ action, csrf, said }: PageForm): string {
  return page("An agent asks for approval", `<h1>An agent asks for approval</h1>
${said === null ? "" : `<p class="note"><strong>${escaped(said)}</strong></p>`}
<form method="post" action="${escaped(action)}" autocomplete="off"><input type="hidden" name="csrf" value="${escaped(csrf)}">
<label for="token">Your own approver's token</label><input id="token" name="token" type="password" required maxlength="1024" autocomplete="off">
<button>Look at it</button></form>`);
}

export interface PageForm {
  readonly action: string;
  readonly csrf: string;
  /** What came of the last try; null before one. */
  readonly said: string | null;
}

export function approvalPage(shown: Shown, form: PageForm, nowMs: number): string {
  const { approval } = shown;
  const grave = approval.level === "highest" ? '<p class="note highest">This takes away means of recovery: a volume, a backup, or their protection. What it destroys nothing brings back.</p>' : "";
  return page(`Approval ${approval.id}`, [
    "<h1>An agent asks for approval</h1>",
    form.said === null ? "" : `<p class="note"><strong>${escaped(form.said)}</strong></p>`,
    grave,
    leftOut(shown),
    `<p>${escaped(approval.summary)}</p>`,
    `<table>${rowsOf(shown, nowMs).map(([name, value]) => `<tr><th scope="row">${escaped(name)}</th><td>${escaped(value)}</td></tr>`).join("\n")}</table>`,
    ...callOf(shown),
    formOf(shown, form),
  ].filter((part) => part !== "").join("\n"));
}

/** Whoever approves would approve this too. */
function leftOut({ details }: Shown): string {
  if (details === null || details.leftOut.length === 0) return "";
  return `<p class="note highest"><strong>Not all of this call is shown.</strong> ${escaped(details.leftOut.join(" "))} Refuse it unless you know the rest from elsewhere.</p>`;
}

function rowsOf({ approval, details, target, credential, backup }: Shown, nowMs: number): [string, string][] {
  const operations = details?.operations ?? [];
  return [
    ["Status", statusText(approval, nowMs)],
    ["Agent", approval.agent],
    ["Operation", approval.operation],
    ["Environment", approval.environment],
    ...operations.map(({ operation, extent, count, places }): [string, string] => [`Touches (${operation})`, `${reach(extent, count)}: ${places.join(", ")}`]),
    ["Why it is held", `${approval.rule}: ${operations.map(({ reason }) => reason).join(" ")}`],
    ["Task", details?.task ?? "not told"],
    ["Goes to", target === null ? "the agent's own runtime executes it" : `${target.origin} (${target.addresses.join(", ")})`],
    ["Credential", credential === null ? "none of the gate's" : `${credential.id} (${credential.environment})`],
    ["Backup", `${backup.text}${backup.takenAtMs === null ? "" : ` Taken ${time(backup.takenAtMs)}.`}`],
    ["Instead", details?.saferAlternative ?? "nothing safer is known"],
    ["Approvers", `${approval.given.length} of ${approval.needed}${approval.given.length === 0 ? "" : `: ${approversOf(approval)}`}`],
    ["Until", time(approval.expiresAtMs)],
  ];
}

/** Each with what they said beside the yes. */
const approversOf = ({ given }: Approval): string => given.map(({ by, withoutBackup: without }) => (without === true ? `${by} (without a backup)` : by)).join(", ");

const REACH: Readonly<Record<string, string>> = { named: "what is named", matching: "whatever matches", tree: "all below", all: "everything" };
const reach = (extent: string, count: number | null): string => `${REACH[extent] ?? "it does not tell how much"}${count === null ? "" : `, ${count}`}`;

function statusText({ status, executeAtMs, reason, by }: Approval, nowMs: number): string {
  const window = status === "approved" && executeAtMs !== null && executeAtMs > nowMs ? `; it is executed after ${time(executeAtMs)}, and can be cancelled until then` : "";
  return `${status}${by === null ? "" : ` by ${by}`}${window}${reason === "" ? "" : `: ${reason}`}`;
}

function callOf({ details }: Shown): string[] {
  if (details === null) return ["<p>What it was in detail is erased.</p>"];
  const block = (title: string, text: string): string => (text === "" ? "" : `<h2>${title}: ${text.split("\n").length} lines, ${text.length} characters</h2>\n<pre>${escapedLines(text)}</pre>`);
  return [block("Arguments (secrets are left out)", details.arguments), block("Request (secrets are left out)", details.request)];
}

function formOf({ approval, backup }: Shown, { action, csrf }: PageForm): string {
  if (isSettled(approval) || approval.status === "executing") return "";
  const buttons = approval.status === "waiting" ? '<button name="order" value="approve">Approve</button><button name="order" value="refuse">Refuse</button>' : "";
  return `<form method="post" action="${escaped(action)}" autocomplete="off"><input type="hidden" name="csrf" value="${escaped(csrf)}">
<label for="token">Your own approver's token</label><input id="token" name="token" type="password" required maxlength="1024" autocomplete="off">
<label for="reason">Reason, for the record</label><input id="reason" name="reason" maxlength="1024">
${approval.status === "waiting" ? withoutBackup(backup) : ""}${buttons}<button name="order" value="cancel">Cancel it</button></form>`;
}

/** Never ticked beforehand: it is the approver's own word. */
function withoutBackup({ mustBeSaid, takenFirst }: Shown["backup"]): string {
  if (!mustBeSaid && !takenFirst) return "";
  const why = mustBeSaid ? "It can be approved only with this: nothing is known that would bring back what it destroys." : "Else a backup is taken first.";
  return `<label><input type="checkbox" name="without-backup" value="yes"> Run it without a backup. ${why}</label>\n`;
}

const time = (ms: number): string => new Date(ms).toISOString();
