{{/* Where a target may go: `to` of one rule. Argument: the peers that the operator named; none = anywhere but the link-local range, where clouds keep their metadata. */}}
{{- define "tripline.peers" -}}
{{- if . -}}
{{- toYaml . -}}
{{- else -}}
- ipBlock: { cidr: 0.0.0.0/0, except: [169.254.0.0/16] }
- ipBlock: { cidr: "::/0", except: ["fe80::/10", "fd00:ec2::/32"] }
{{- end -}}
{{- end -}}

{{- define "tripline.ports" -}}
{{- range $index, $port := . -}}
{{- if $index }}{{ "\n" }}{{ end -}}
- { protocol: TCP, port: {{ int $port }} }
{{- end -}}
{{- end -}}

{{- define "tripline.kafkaPorts" -}}
{{- $ports := list -}}
{{- range .Values.kafka.brokers -}}
{{- $ports = append $ports (splitList ":" . | last | int) -}}
{{- end -}}
{{- include "tripline.ports" (uniq $ports) -}}
{{- end -}}
