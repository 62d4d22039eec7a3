/** Who sends what where: agents of two environments, upstreams over http and over TLS, and the doors of the gate before them. */
import { type Draw, type Sender, type SenderTo, type Server, SERVERS } from "@tripline/gate/hostile";

export const TENANT = "acme";
const AGENTS_EACH = 8;
export const ENVIRONMENTS = ["staging", "production"] as const;

export interface Agent {
  readonly id: string;
  readonly environment: string;
  readonly token: string;
}

export const AGENTS: readonly Agent[] = ENVIRONMENTS.flatMap((environment) => Array.from({ length: AGENTS_EACH }, (_, index) => ({ id: `${environment}-${index}`, environment, token: `token-of-${environment}-${index}-5b1f0c9d7e3a` })));

export interface Ports {
  readonly reverse: number;
  readonly forward: number;
  /** Of the upstreams. */
  readonly plain: number;
  readonly secure: number;
}

export const plainOrigin = ({ host }: Server, { plain }: Pick<Ports, "plain">): string => `http://${host}:${plain}`;
export const secureOrigin = ({ host }: Server, { secure }: Pick<Ports, "secure">): string => `https://${host}:${secure}`;
/** Under which a server is an upstream over TLS. */
export const secureName = ({ name }: Server): string => `${name}-tls`;

export const serverOf = (host: string): Server | undefined => SERVERS.find((server) => server.host === host.replace(/:\d+$/, "").toLowerCase());

const FORWARD_SHARE = 0.3;
const TUNNEL_SHARE = 0.08;

/** The same sender for the same draws. */
export function senderTo(ports: Ports): SenderTo {
  return (server: Server, draw: Draw): Sender => {
    const { token } = draw.pick(AGENTS);
    const share = draw.next();
    if (share < TUNNEL_SHARE) return { door: "tunnel", host: `${server.host}:${ports.secure}`, prefix: server.base, token };
    if (share < TUNNEL_SHARE + FORWARD_SHARE) return { door: "forward", host: `${server.host}:${ports.plain}`, prefix: `${plainOrigin(server, ports)}${server.base}`, token };
    return { door: "reverse", host: "gate", prefix: `/u/${draw.chance(0.1) ? secureName(server) : server.name}`, token };
  };
}
