{{- define "shardfold.name" -}}
{{- .Values.nameOverride | default .Chart.Name -}}
{{- end -}}

{{/* The release's name, where it says shardfold already; else both. */}}
{{- define "shardfold.fullname" -}}
{{- $name := include "shardfold.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "shardfold.selector" -}}
app.kubernetes.io/name: {{ include "shardfold.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "shardfold.labels" -}}
{{ include "shardfold.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "shardfold.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (ternary (include "shardfold.fullname" .) "default" .Values.serviceAccount.create) -}}
{{- end -}}

{{- define "shardfold.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* Of the stream whose shards KEDA counts: its name, which is all that KEDA takes, and its region. Both may be in an ARN. */}}
{{- define "shardfold.kedaStream" -}}
{{- .Values.keda.stream | default (first .Values.config.source.streams) -}}
{{- end -}}

{{- define "shardfold.kedaStreamName" -}}
{{- regexReplaceAll "^arn:.*:stream/" (include "shardfold.kedaStream" .) "" -}}
{{- end -}}

{{- define "shardfold.kedaRegion" -}}
{{- $stream := include "shardfold.kedaStream" . -}}
{{- $ofArn := regexReplaceAll "^arn:[^:]*:[^:]*:([^:]*):.*$" $stream "${1}" -}}
{{- .Values.keda.region | default (ternary $ofArn (dig "aws" "region" "" .Values.config) (hasPrefix "arn:" $stream)) -}}
{{- end -}}

{{- define "shardfold.port" -}}
{{- dig "http" "port" 9400 .Values.config | int -}}
{{- end -}}
