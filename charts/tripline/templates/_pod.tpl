{{/* The pod of one target. Arguments: root, target. */}}
{{- define "tripline.pod" -}}
{{- $root := .root -}}
{{- $target := .target -}}
{{- $v := $root.Values -}}
{{- $own := index $v $target -}}
metadata:
  labels:
    {{- include "tripline.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ $target }}
    tripline.dev/monitored: "true"
  annotations:
    checksum/config: {{ include "tripline.config" . | sha256sum }}
    {{- if include "tripline.knowsAuthority" . }}
    checksum/gate-ca: {{ $v.gate.authority.certificate | sha256sum }}
    {{- end }}
    {{- with $own.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "tripline.serviceAccount" $root }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  # A process is forced to end after 15 s.
  terminationGracePeriodSeconds: 30
  {{- with $v.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    {{- toYaml $v.podSecurityContext | nindent 4 }}
  {{- with $own.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with $own.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $own.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $own.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  topologySpreadConstraints:
    {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
    - maxSkew: 1
      topologyKey: {{ . }}
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "tripline.selector" $root | nindent 10 }}
          app.kubernetes.io/component: {{ $target }}
    {{- end }}
  containers:
    - name: {{ $target }}
      image: {{ include "tripline.image" $root | quote }}
      imagePullPolicy: {{ $v.image.pullPolicy }}
      # The shipped configuration of the target, and over it what the values say.
      args: [--config, /app/services/launcher/config/{{ $target }}.yaml, --config, /etc/tripline/config/{{ $target }}.yaml, --json, up, --target={{ $target }}]
      securityContext:
        {{- toYaml $v.securityContext | nindent 8 }}
      env:
        # The same at each start for breakers and notifiers, whose pods keep their names.
        - name: TRIPLINE_INSTANCE
          valueFrom: { fieldRef: { fieldPath: metadata.name } }
        {{- if ne $target "collector" }}
        - name: TRIPLINE_STORE_PASSWORD
          valueFrom: { secretKeyRef: { name: {{ $v.postgres.existingSecret }}, key: {{ $v.postgres.passwordKey | quote }} } }
        {{- end }}
        {{- if include "tripline.needsMaster" . }}
        - name: TRIPLINE_MASTER_KEY
          valueFrom: { secretKeyRef: { name: {{ $v.keys.existingSecret }}, key: {{ $v.keys.masterKey | quote }} } }
        {{- end }}
        {{- if include "tripline.needsFingerprint" . }}
        - name: TRIPLINE_FINGERPRINT_KEY
          valueFrom: { secretKeyRef: { name: {{ $v.keys.existingSecret }}, key: {{ $v.keys.fingerprintKey | quote }} } }
        {{- end }}
        {{- if and (eq $target "breaker") $v.admin.existingSecret }}
        - name: TRIPLINE_ADMIN_TOKEN
          valueFrom: { secretKeyRef: { name: {{ $v.admin.existingSecret }}, key: {{ $v.admin.tokenKey | quote }} } }
        # For the command line inside this pod.
        - { name: TRIPLINE_ADMIN_URL, value: "http://127.0.0.1:{{ $v.admin.port }}" }
        {{- end }}
        {{- with $own.extraEnv }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      ports:
        - { name: monitoring, containerPort: {{ $v.monitoring.port }} }
        {{- if eq $target "collector" }}
        - { name: otlp-http, containerPort: 4318 }
        {{- end }}
        {{- if and (eq $target "breaker") $v.admin.expose }}
        - { name: admin, containerPort: {{ $v.admin.port }} }
        {{- end }}
        {{- if eq $target "gate" }}
        - { name: gate, containerPort: 4324 }
        {{- if include "tripline.hasForward" $root }}
        - { name: forward, containerPort: 4325 }
        {{- end }}
        {{- if $v.gate.approvals.expose }}
        - { name: approvals, containerPort: {{ $v.gate.approvals.port }} }
        {{- end }}
        {{- end }}
      # Alive is not ready: brokers that are away for an hour are no reason to start anew.
      livenessProbe:
        httpGet: { path: /livez, port: monitoring }
        initialDelaySeconds: 10
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        httpGet: { path: /readyz, port: monitoring }
        periodSeconds: 5
        timeoutSeconds: 3
        failureThreshold: 2
      {{- if has $target (list "collector" "gate") }}
      # Senders learn of an endpoint's end a moment after it was told.
      lifecycle:
        preStop: { sleep: { seconds: 5 } }
      {{- end }}
      resources:
        {{- toYaml $own.resources | nindent 8 }}
      volumeMounts:
        - { name: config, mountPath: /etc/tripline/config, readOnly: true }
        - { name: data, mountPath: /var/lib/tripline }
        - { name: cache, mountPath: /var/cache/tripline }
        {{- if include "tripline.knowsAuthority" . }}
        - { name: gate-ca, mountPath: /etc/tripline/gate-ca, readOnly: true }
        {{- end }}
        {{- range $mount := include "tripline.secretVolumes" . | fromYamlArray }}
        - { name: {{ $mount.name }}, mountPath: {{ $mount.path }}, readOnly: true }
        {{- end }}
  volumes:
    - name: config
      configMap: { name: {{ include "tripline.fullname" $root }}, items: [{ key: {{ $target }}.yaml, path: {{ $target }}.yaml }] }
    # Tokens made at first use lie here: in memory, so that no node keeps them.
    - name: data
      emptyDir: { medium: Memory, sizeLimit: 16Mi }
    - name: cache
      emptyDir: { sizeLimit: 128Mi }
    {{- if include "tripline.knowsAuthority" . }}
    - name: gate-ca
      configMap: { name: {{ include "tripline.fullname" $root }}-gate-ca, items: [{ key: ca.crt, path: ca.crt }] }
    {{- end }}
    {{- range $mount := include "tripline.secretVolumes" . | fromYamlArray }}
    - name: {{ $mount.name }}
      secret:
        secretName: {{ $mount.secret }}
        defaultMode: 0440
        {{- with $mount.keys }}
        items:
          {{- range . }}
          - { key: {{ . | quote }}, path: {{ . | quote }} }
          {{- end }}
        {{- end }}
    {{- end }}
{{- end -}}

{{/* The certificate alone: gates serve under it, and breakers know gates by it. */}}
{{- define "tripline.knowsAuthority" -}}
{{- if and (has .target (list "breaker" "gate")) (include "tripline.hasGate" .root) }}yes{{ end -}}
{{- end -}}

{{/* Secrets of one target that are files, as a list of name, secret, path and keys (all if none): it gets what it uses and nothing else. */}}
{{- define "tripline.secretVolumes" -}}
{{- $v := .root.Values -}}
{{- with $v.kafka.tls }}
{{- if and .enabled .existingSecret }}
- { name: kafka-tls, secret: {{ .existingSecret }}, path: /etc/tripline/kafka-tls, keys: {{ compact (list .caKey .certKey .keyKey) | toJson }} }
{{- end }}
{{- end }}
{{- with $v.kafka.sasl }}
{{- if .mechanism }}
- { name: kafka-sasl, secret: {{ .existingSecret }}, path: /etc/tripline/kafka-sasl, keys: {{ list .passwordKey | toJson }} }
{{- end }}
{{- end }}
{{- with $v.postgres }}
{{- if and .caSecret (ne $.target "collector") }}
- { name: postgres-ca, secret: {{ .caSecret }}, path: /etc/tripline/postgres-ca, keys: {{ list .caKey | toJson }} }
{{- end }}
{{- end }}
{{- if eq .target "gate" }}
- { name: gate-authority, secret: {{ $v.gate.authority.existingSecret }}, path: /etc/tripline/gate-authority, keys: {{ list $v.gate.authority.keyKey | toJson }} }
{{- end }}
{{- range $index, $secret := (index $v .target).secretMounts }}
- { name: given-{{ $index }}, secret: {{ $secret }}, path: /etc/tripline/secrets/{{ $secret }}, keys: [] }
{{- end }}
{{- end -}}
