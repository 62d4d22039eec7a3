{{- define "tripline.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 48 | trimSuffix "-" -}}
{{- end -}}

{{- define "tripline.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 48 | trimSuffix "-" -}}
{{- else if contains (include "tripline.name" .) .Release.Name -}}
{{- .Release.Name | trunc 48 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "tripline.name" .) | trunc 48 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "tripline.selector" -}}
app.kubernetes.io/name: {{ include "tripline.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "tripline.labels" -}}
{{ include "tripline.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "tripline.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "tripline.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "tripline.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}{{ .repository }}@{{ .digest }}{{- else -}}{{ .repository }}:{{ default $.Chart.AppVersion .tag }}{{- end -}}
{{- end -}}
{{- end -}}

{{/* The gate runs where the configuration has one. */}}
{{- define "tripline.hasGate" -}}
{{- if hasKey .Values.config "gate" }}yes{{ end -}}
{{- end -}}
{{- define "tripline.hasForward" -}}
{{- if and (include "tripline.hasGate" .) (hasKey (default dict .Values.config.gate) "forward") }}yes{{ end -}}
{{- end -}}
{{- define "tripline.targets" -}}
{{- $targets := list "collector" "detector" "breaker" "notifier" -}}
{{- if include "tripline.hasGate" . }}{{ $targets = append $targets "gate" }}{{ end -}}
{{- toJson $targets -}}
{{- end -}}

{{/* Under which names agents and breakers reach the gate's doors; the third is the one that is shown. */}}
{{- define "tripline.gateNames" -}}
{{- $short := printf "%s-gate" (include "tripline.fullname" .) -}}
{{- $inside := printf "%s.%s" $short .Release.Namespace -}}
{{- toJson (uniq (concat (list $short $inside (printf "%s.svc" $inside) (printf "%s.svc.%s" $inside .Values.gate.clusterDomain)) .Values.gate.extraNames)) -}}
{{- end -}}
{{- define "tripline.gateHost" -}}
{{- printf "%s-gate.%s.svc" (include "tripline.fullname" .) .Release.Namespace -}}
{{- end -}}

{{/* Which targets need which keys: what is sealed can be opened by breakers, and by gates, which keep what is held sealed. */}}
{{- define "tripline.needsMaster" -}}
{{- if or (has .target (list "breaker" "gate")) (and (eq .target "collector") (not .root.Values.keys.fingerprintKey)) }}yes{{ end -}}
{{- end -}}
{{- define "tripline.needsFingerprint" -}}
{{- if and (has .target (list "breaker" "collector" "gate")) .root.Values.keys.fingerprintKey }}yes{{ end -}}
{{- end -}}

{{- define "tripline.leastPods" -}}
{{- $least := add .Values.breaker.replicas .Values.notifier.replicas (ternary .Values.gate.replicas 0 (eq (include "tripline.hasGate" .) "yes")) -}}
{{- range $target := list "collector" "detector" -}}
{{- with index $.Values $target -}}
{{- $least = add $least (ternary .replicas .autoscaling.minReplicas (eq .autoscaling.kind "none")) -}}
{{- end -}}
{{- end -}}
{{- $least -}}
{{- end -}}
