// Run by `helm test` in the cluster, and by test/charts against processes: exits 1 with the first thing that is not as it should be.
import { lookup } from "node:dns/promises";
import { connect } from "node:net";

const { INGEST, MONITORING_HOST, MONITORING_PORT, ADMIN_PORT, LEAST_PODS, GATE, APPROVALS_PORT } = process.env;
const TIMEOUT_MS = 5_000;
/** How long pods may take to become ready. */
const READY_MS = Number(process.env.READY_MS ?? 60_000);
const fail = (message) => {
  console.error(message);
  process.exit(1);
};
const get = async (url, options = {}) => await fetch(url, { ...options, signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(() => null);

const isOpen = (host, port) =>
  new Promise((answer) => {
    const socket = connect({ host, port, timeout: TIMEOUT_MS });
    const end = (open) => {
      socket.destroy();
      answer(open);
    };
    socket.once("connect", () => end(true)).once("timeout", () => end(false)).once("error", () => end(false));
  });

const hostOf = (address) => (address.includes(":") ? `[${address}]` : address);

const missing = async () => {
  // As programs do, with the search list of the pod: a query by the name alone would know no namespace.
  const found = await lookup(MONITORING_HOST, { all: true }).catch(() => []);
  const addresses = found.map(({ address }) => address);
  if (addresses.length < Number(LEAST_PODS)) return { addresses, reason: `${addresses.length} of at least ${LEAST_PODS} pods are there` };
  for (const address of addresses) {
    const answer = await get(`http://${hostOf(address)}:${MONITORING_PORT}/readyz`);
    if (answer?.status !== 200) return { addresses, reason: `${address} is not ready: ${answer === null ? "no answer" : await answer.text()}` };
  }
  return { addresses, reason: null };
};

const endMs = Date.now() + READY_MS;
let state = await missing();
while (state.reason !== null && Date.now() < endMs) {
  await new Promise((resume) => setTimeout(resume, 1_000));
  state = await missing();
}
if (state.reason !== null) fail(state.reason);

const refused = await get(`http://${INGEST}/v1/traces`, { method: "POST", headers: { "content-type": "application/json" }, body: "{}" });
if (refused?.status !== 401) fail(`ingest without a token: expected 401, got ${refused?.status ?? "no answer"}`);
for (const address of state.addresses) if (await isOpen(address, Number(ADMIN_PORT))) fail(`the control plane of ${address} answers here`);
if (GATE !== undefined) {
  // Over TLS, under the certificate that agents are given: they have no other.
  const asked = await get(`https://${GATE}/v1/whoami`);
  if (asked?.status !== 401) fail(`the gate without a token: expected 401, got ${asked?.status ?? "no answer"}`);
  for (const address of state.addresses) if (await isOpen(address, Number(APPROVALS_PORT))) fail(`the approvers' door of ${address} answers here`);
}
const gate = GATE === undefined ? "" : " and the gate";
console.log(`${state.addresses.length} pods are ready; ingest${gate} asks for a token; the control plane does not answer here`);
