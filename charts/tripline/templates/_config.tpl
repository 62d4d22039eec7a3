{{/* One target's configuration beside the shipped one in the image: what the operator states, and over it what this chart decides. */}}
{{- define "tripline.config" -}}
{{- $v := .root.Values -}}
{{- $mine := include "tripline.ownConfig" . | fromYaml -}}
{{- $theirs := deepCopy $v.config -}}
{{- if ne .target "gate" }}{{ $theirs = omit $theirs "gate" }}{{ end -}}
{{- toYaml (mustMergeOverwrite $theirs $mine) -}}
{{- end -}}

{{- define "tripline.ownConfig" -}}
{{- $v := .root.Values -}}
# A folder of our own in the volume: the volume itself belongs to the kubelet.
dataDir: /var/lib/tripline/data
monitoring:
  port: {{ $v.monitoring.port }}
eventLog:
  brokers: {{ toJson $v.kafka.brokers }}
  topicPrefix: {{ $v.kafka.topicPrefix | quote }}
  partitions: {{ $v.kafka.partitions }}
  replicationFactor: {{ $v.kafka.replicationFactor }}
  {{- if $v.kafka.tls.enabled }}
  {{- if $v.kafka.tls.existingSecret }}
  tls:
    caFile: /etc/tripline/kafka-tls/{{ $v.kafka.tls.caKey }}
    {{- if $v.kafka.tls.certKey }}
    certFile: /etc/tripline/kafka-tls/{{ $v.kafka.tls.certKey }}
    keyFile: /etc/tripline/kafka-tls/{{ $v.kafka.tls.keyKey }}
    {{- end }}
  {{- else }}
  tls: {}
  {{- end }}
  {{- end }}
  {{- if $v.kafka.sasl.mechanism }}
  sasl:
    mechanism: {{ $v.kafka.sasl.mechanism }}
    {{- with $v.kafka.sasl.username }}
    username: {{ . | quote }}
    {{- end }}
    passwordFile: /etc/tripline/kafka-sasl/{{ $v.kafka.sasl.passwordKey }}
  {{- end }}
{{- if ne .target "collector" }}
store:
  host: {{ $v.postgres.host | quote }}
  port: {{ $v.postgres.port }}
  database: {{ $v.postgres.database | quote }}
  schema: {{ $v.postgres.schema | quote }}
  user: {{ $v.postgres.user | quote }}
  tls: {{ $v.postgres.tls | quote }}
  {{- if $v.postgres.caSecret }}
  tlsCaFile: /etc/tripline/postgres-ca/{{ $v.postgres.caKey }}
  {{- end }}
  maxConnections: {{ $v.postgres.maxConnections }}
{{- end }}
{{- if include "tripline.needsFingerprint" . }}
keys:
  fingerprintEnv: TRIPLINE_FINGERPRINT_KEY
{{- end }}
{{- if eq .target "detector" }}
detector:
  memoryBytes: {{ int64 $v.detector.memoryBytes }}
{{- end }}
{{- if eq .target "gate" }}
gate:
  {{- include "tripline.gateConfig" .root | nindent 2 }}
{{- end }}
{{- if and (eq .target "breaker") (include "tripline.hasGate" .root) }}
# Any gate ends a lease for all of them.
providers:
  gate:
    kind: gate
    url: https://{{ include "tripline.gateHost" .root }}:{{ $v.gate.service.port }}
    caFile: /etc/tripline/gate-ca/ca.crt
{{- end }}
{{- if eq .target "breaker" }}
admin:
  host: {{ ternary "0.0.0.0" "127.0.0.1" $v.admin.expose }}
  port: {{ $v.admin.port }}
  {{- if $v.admin.existingSecret }}
  tokenEnv: TRIPLINE_ADMIN_TOKEN
  {{- end }}
{{- end }}
{{- end -}}

{{/* In the clear the doors are on loopback, where `doctor --surfaces` tries them; what others reach speaks TLS. */}}
{{- define "tripline.gateConfig" -}}
{{- $gate := .Values.gate -}}
host: 127.0.0.1
port: 4321
tls:
  names: {{ include "tripline.gateNames" . }}
  host: 0.0.0.0
  port: 4324
  forwardPort: 4325
authority:
  certificateFile: /etc/tripline/gate-ca/ca.crt
  keyFile: /etc/tripline/gate-authority/{{ $gate.authority.keyKey }}
{{- if include "tripline.hasForward" . }}
forward:
  host: 127.0.0.1
  port: 4322
{{- end }}
approvals:
  host: {{ ternary "0.0.0.0" "127.0.0.1" $gate.approvals.expose }}
  port: {{ $gate.approvals.port }}
  {{- if $gate.approvals.ingress.enabled }}
  url: https://{{ $gate.approvals.ingress.host }}
  {{- end }}
{{- end -}}

{{/* What no schema can say, told before anything is installed. */}}
{{- define "tripline.checks" -}}
{{- $v := .Values -}}
{{- if and $v.keys.fingerprintKey -}}
{{- range concat (default (list) (index $v.config "agents")) (default (list) (index $v.config "relays")) -}}
{{- if not (or .ingestTokenFile .ingestTokenEnv) -}}
{{- fail (printf "config: %s names no ingestTokenFile. Collectors have no master key to derive its token from; name one, or empty keys.fingerprintKey." .id) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and (eq $v.detector.autoscaling.kind "keda") $v.kafka.sasl.mechanism (not $v.detector.autoscaling.authenticationRef) -}}
{{- fail "detector.autoscaling.authenticationRef: the brokers ask for SASL, and KEDA needs a TriggerAuthentication to ask them for the lag." -}}
{{- end -}}
{{- if and (eq $v.detector.autoscaling.kind "keda") $v.kafka.tls.enabled $v.kafka.tls.existingSecret (not $v.detector.autoscaling.authenticationRef) -}}
{{- fail "detector.autoscaling.authenticationRef: the brokers' authority is your own (kafka.tls.existingSecret), and KEDA needs a TriggerAuthentication with it (ca) to ask them for the lag." -}}
{{- end -}}
{{- if include "tripline.hasGate" . -}}
{{- range $name, $provider := default dict (index $v.config "providers") -}}
{{- if and (eq $name "gate") (ne (toString $provider.kind) "gate") -}}
{{- fail "config.providers.gate: with a gate, that name is the gate's own: leases of it are asked for by it." -}}
{{- end -}}
{{- end -}}
{{- if and $v.gate.approvals.ingress.enabled (not $v.gate.approvals.expose) -}}
{{- fail "gate.approvals.ingress: it needs gate.approvals.expose, and who may reach it in networkPolicy.responders." -}}
{{- end -}}
{{- end -}}
{{- if gt (int $v.detector.autoscaling.maxReplicas) (int $v.kafka.partitions) -}}
{{- fail "detector.autoscaling.maxReplicas: beyond kafka.partitions a detector gets no work." -}}
{{- end -}}
{{- $limit := dig "limits" "memory" "" $v.detector.resources | toString -}}
{{- $unit := regexFind "[MG]i$" $limit -}}
{{- if $unit -}}
{{- $limitMib := mulf (trimSuffix $unit $limit | float64) (ternary 1024 1 (eq $unit "Gi")) -}}
{{- $neededMib := mulf 1.1 (addf 320 (divf (int64 $v.detector.memoryBytes) 1048576)) -}}
{{- if lt $limitMib $neededMib -}}
{{- fail (printf "detector.resources.limits.memory: %s is less than the %.0fMi that detector.memoryBytes asks for; raise the one or lower the other." $limit $neededMib) -}}
{{- end -}}
{{- end -}}
{{- range $target := list "collector" "detector" -}}
{{- with (index $v $target).autoscaling -}}
{{- if gt (int .minReplicas) (int .maxReplicas) -}}
{{- fail (printf "%s.autoscaling.minReplicas is above maxReplicas." $target) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
