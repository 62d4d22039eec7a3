/** HTTP APIs whose calls mean more than their method says. The first row that fits decides, so APIs at any host come last. */
import { AWS_RULES } from "./aws.ts";
import { AZURE_RULES } from "./azure.ts";
import { CODE_HOSTS } from "./code-hosts.ts";
import { GOOGLE } from "./google.ts";
import { KUBERNETES_RULES } from "./kubernetes.ts";
import { PAYMENTS } from "./payments.ts";
import { PLATFORM_RULES } from "./platforms.ts";
import type { HttpRule } from "./rule.ts";

export const HTTP_RULES: readonly HttpRule[] = [...CODE_HOSTS, ...PAYMENTS, ...GOOGLE, ...AZURE_RULES, ...AWS_RULES, ...PLATFORM_RULES, ...KUBERNETES_RULES];
