{{- define "bailiff.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "bailiff.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "bailiff.labels" -}}
{{ include "bailiff.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "bailiff.image" -}}
{{- with .Values.image }}{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}{{ end }}
{{- end }}

{{/* The settings file: what the chart settles, and what `instances` and `settings` say. */}}
{{- define "bailiff.settings" -}}
{{- $listeners := dict "grpc" "0.0.0.0:9191" "admin" "0.0.0.0:9194" }}
{{- if .Values.webhook.enabled }}{{ $_ := set $listeners "webhook" "0.0.0.0:9193" }}{{ end }}
{{- $settled := dict "policy" "/etc/bailiff/policy" "instances" .Values.instances "listeners" $listeners }}
{{- toYaml (mustMergeOverwrite $settled (deepCopy .Values.settings)) }}
{{- end }}
