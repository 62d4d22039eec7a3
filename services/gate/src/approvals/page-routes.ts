/** Serves the approvers' page. The link shows a call and decides nothing: that takes the approver's token, typed into this page's own form. */
import { randomBytes } from "node:crypto";
import { TriplineError } from "@tripline/model";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Approver } from "../deps.ts";
import { type Order, ORDERS } from "./approvals.ts";
import { type ApproversDoorDeps, give, isTheirs } from "./orders.ts";
import { approvalPage, messagePage, PAGE_POLICY, signInPage } from "./page.ts";
import { isSame, sign } from "./row.ts";

const COOKIE = "tripline_form";
const COOKIE_VALUE = new RegExp(`(?:^|; *)${COOKIE}=([0-9a-f]{32})(?:;|$)`, "u");
const COOKIE_BYTES = 16;

interface PageRequest {
  Params: { id: string };
  Querystring: { k?: unknown };
}

export function registerPage(app: FastifyInstance, deps: ApproversDoorDeps): void {
  const { approvals, clock } = deps;
  app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (_request, body, done) => done(null, new URLSearchParams(String(body))));
  const show = async (request: FastifyRequest<PageRequest>, reply: FastifyReply, said: string | null, code: number): Promise<FastifyReply> => {
    const { id } = request.params;
    if (request.query.k === undefined) return html(reply, code, signInPage({ action: `/a/${encodeURIComponent(id)}`, csrf: csrfOf(newCookie(request, reply, deps), id, deps), said }));
    if (!isLink(request, deps)) return html(reply, 403, messagePage("This link is not valid", "It was not made by this gate, or was changed on the way. Ask for the link again, or look with `tripline approvals`."));
    const shown = await approvals.show(id);
    if (shown === null) return html(reply, 404, messagePage("This approval is void or unknown", "It was changed by somebody else than the gate, or is not known any more. Nothing is executed for it."));
    if (shown.details === null) return html(reply, 410, messagePage("This link has expired", `The approval is ${shown.approval.status}, and what was kept of the call is erased.`));
    const cookie = newCookie(request, reply, deps);
    const form = { action: `/a/${id}?k=${encodeURIComponent(approvals.linkCode(id))}`, csrf: csrfOf(cookie, id, deps), said };
    return html(reply, code, approvalPage(shown, form, clock()));
  };
  app.get<PageRequest>("/a/:id", (request, reply) => show(request, reply, null, 200));
  app.post<PageRequest & { Body: unknown }>("/a/:id", async (request, reply) => {
    const isSignIn = request.query.k === undefined;
    if (!isSignIn && !isLink(request, deps)) return show(request, reply, null, 403);
    const fields = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
    if (!isOwnForm(request, fields, deps)) return show(request, reply, "This was not sent by this page. Nothing was changed; try again here.", 403);
    if (isSignIn) {
      const found = await lookUp(request.params.id, fields, deps);
      return "code" in found ? show(request, reply, found.said, found.code) : reply.code(303).header("location", found.location).send();
    }
    const order = ORDERS.find((one) => one === fields.get("order"));
    if (order === undefined) return show(request, reply, "Nothing was chosen.", 400);
    const { said, code } = await tryOrder(order, request.params.id, fields, deps);
    return show(request, reply, said, code);
  });
}

const DONE: Readonly<Record<Order, string>> = { approve: "Your approval is on record.", refuse: "It is refused.", cancel: "It is cancelled. It is not executed." };

async function tryOrder(order: Order, id: string, fields: URLSearchParams, deps: ApproversDoorDeps): Promise<{ said: string; code: number }> {
  try {
    const approver: Approver = await deps.identify(fields.get("token")?.trim() ?? null, id);
    const withoutBackup = order === "approve" && fields.get("without-backup") === "yes";
    await give(order, id, approver, { reason: (fields.get("reason") ?? "").slice(0, 1_024), withoutBackup }, deps.approvals);
    return { said: DONE[order], code: 200 };
  } catch (error) {
    if (error instanceof TriplineError) return { said: error.message, code: error.status };
    throw error;
  }
}

/** From the link of an alert, which shows nothing by itself, to the link that does: for whoever may decide on the approval. */
async function lookUp(id: string, fields: URLSearchParams, { identify, approvals }: ApproversDoorDeps): Promise<{ location: string } | { said: string; code: number }> {
  try {
    const approver = await identify(fields.get("token")?.trim() ?? null, id);
    const record = await approvals.record(id);
    if (record === null || !isTheirs(approver, record.environment)) throw new TriplineError("TL_APPROVAL_UNKNOWN");
    return { location: `?k=${encodeURIComponent(approvals.linkCode(id))}` };
  } catch (error) {
    if (error instanceof TriplineError) return { said: error.message, code: error.status };
    throw error;
  }
}

/** The browser's own, or a new one. */
function newCookie(request: FastifyRequest, reply: FastifyReply, { publicUrl }: ApproversDoorDeps): string {
  const cookie = cookieOf(request) ?? randomBytes(COOKIE_BYTES).toString("hex");
  void reply.header("set-cookie", `${COOKIE}=${cookie}; Path=/a/; HttpOnly; SameSite=Strict${publicUrl?.protocol === "https:" ? "; Secure" : ""}`);
  return cookie;
}

function isLink({ params, query }: FastifyRequest<PageRequest>, { approvals }: ApproversDoorDeps): boolean {
  return typeof query.k === "string" && approvals.isLink(params.id, query.k);
}

/** A form of this page in this browser: another site can neither read the cookie nor make its code, and a browser says where it comes from. */
function isOwnForm({ headers, params }: FastifyRequest<PageRequest>, fields: URLSearchParams, deps: ApproversDoorDeps): boolean {
  const { origin, host } = headers;
  const site = headers["sec-fetch-site"];
  const cookie = COOKIE_VALUE.exec(headers.cookie ?? "")?.[1];
  if (cookie === undefined || (site !== undefined && site !== "same-origin")) return false;
  const own = [host, deps.publicUrl?.host];
  if (origin !== undefined && !(URL.canParse(origin) && own.includes(new URL(origin).host))) return false;
  return isSame(fields.get("csrf") ?? "", csrfOf(cookie, params.id, deps));
}

const cookieOf = ({ headers }: FastifyRequest): string | null => COOKIE_VALUE.exec(headers.cookie ?? "")?.[1] ?? null;
const csrfOf = (cookie: string, id: string, { approvalKey }: ApproversDoorDeps): string => sign(approvalKey(), "approval form", `${cookie}\n${id}`);

function html(reply: FastifyReply, code: number, text: string): FastifyReply {
  return reply.code(code).headers({
    "content-type": "text/html; charset=utf-8", "content-security-policy": PAGE_POLICY, "x-frame-options": "DENY", "cache-control": "no-store", "x-content-type-options": "nosniff",
    // Not `no-referrer`: a browser would then not say where the form comes from.
    "referrer-policy": "same-origin", "cross-origin-opener-policy": "same-origin",
  }).send(text);
}
