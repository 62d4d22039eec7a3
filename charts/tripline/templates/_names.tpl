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

{{/* Which targets need which keys: what is sealed can be opened by breakers alone. */}}
{{- define "tripline.needsMaster" -}}
{{- if or (eq .target "breaker") (and (eq .target "collector") (not .root.Values.keys.fingerprintKey)) }}yes{{ end -}}
{{- end -}}
{{- define "tripline.needsFingerprint" -}}
{{- if and (has .target (list "breaker" "collector")) .root.Values.keys.fingerprintKey }}yes{{ end -}}
{{- end -}}

{{- define "tripline.leastPods" -}}
{{- $least := add .Values.breaker.replicas .Values.notifier.replicas -}}
{{- range $target := list "collector" "detector" -}}
{{- with index $.Values $target -}}
{{- $least = add $least (ternary .replicas .autoscaling.minReplicas (eq .autoscaling.kind "none")) -}}
{{- end -}}
{{- end -}}
{{- $least -}}
{{- end -}}
