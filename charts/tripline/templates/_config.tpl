{{/* The configuration of one target: what the operator states, and over it what this chart decides. */}}
{{- define "tripline.config" -}}
{{- $v := .root.Values -}}
{{- $mine := include "tripline.ownConfig" . | fromYaml -}}
{{- toYaml (mustMergeOverwrite (deepCopy $v.config) $mine) -}}
{{- end -}}

{{- define "tripline.ownConfig" -}}
{{- $v := .root.Values -}}
{{- $target := .target -}}
dataDir: /var/lib/tripline/data
eventLog:
  kind: kafka
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
store:
  kind: postgres
  host: {{ $v.postgres.host | quote }}
  port: {{ $v.postgres.port }}
  database: {{ $v.postgres.database | quote }}
  schema: {{ $v.postgres.schema | quote }}
  user: {{ $v.postgres.user | quote }}
  passwordFile: /etc/tripline/postgres/{{ $v.postgres.passwordKey }}
  tls: {{ $v.postgres.tls | quote }}
  {{- if $v.postgres.caSecret }}
  tlsCaFile: /etc/tripline/postgres-ca/{{ $v.postgres.caKey }}
  {{- end }}
  connections: {{ $v.postgres.connections }}
{{- $hasMaster := include "tripline.needsMaster" . }}
{{- $hasFingerprint := include "tripline.needsFingerprint" . }}
{{- if or $hasMaster $hasFingerprint }}
keys:
  {{- if $hasMaster }}
  masterFile: /etc/tripline/keys/{{ $v.keys.masterKey }}
  {{- end }}
  {{- if $hasFingerprint }}
  fingerprintFile: /etc/tripline/keys/{{ $v.keys.fingerprintKey }}
  {{- end }}
{{- end }}
monitoring:
  host: 0.0.0.0
  port: {{ $v.monitoring.port }}
{{- if eq $target "collector" }}
ingest:
  host: 0.0.0.0
  port: 4318
{{- end }}
{{- if eq $target "breaker" }}
admin:
  host: {{ ternary "0.0.0.0" "127.0.0.1" $v.admin.expose }}
  port: {{ $v.admin.port }}
  {{- if $v.admin.existingSecret }}
  tokenFile: /etc/tripline/admin/{{ $v.admin.tokenKey }}
  {{- end }}
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
{{- if gt (int $v.detector.autoscaling.maxReplicas) (int $v.kafka.partitions) -}}
{{- fail "detector.autoscaling.maxReplicas: beyond kafka.partitions a detector gets no work." -}}
{{- end -}}
{{- range $target := list "collector" "detector" -}}
{{- with (index $v $target).autoscaling -}}
{{- if gt (int .minReplicas) (int .maxReplicas) -}}
{{- fail (printf "%s.autoscaling.minReplicas is above maxReplicas." $target) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
