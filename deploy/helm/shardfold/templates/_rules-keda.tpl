{{/* What KEDA can count and where. */}}

{{- define "shardfold.kedaRules" -}}
{{- if .Values.keda.enabled -}}
{{- if gt (int .Values.keda.minReplicas) (int .Values.keda.shards) -}}
{{- fail (printf "\nkeda.minReplicas is %d, and keda.shards is %d: workers beyond the number of shards have nothing to do. Set keda.minReplicas to %d or less." (int .Values.keda.minReplicas) (int .Values.keda.shards) (int .Values.keda.shards)) -}}
{{- end -}}
{{- if ne (dig "source" "kind" "kinesis" .Values.config) "kinesis" -}}
{{- fail "\nkeda.enabled is true, and config.source.kind is dynamodb-streams, whose open shards KEDA cannot count. Set keda.enabled to false, and scale on the lag alone: docs/guide/kubernetes.md, \"Without KEDA\"." -}}
{{- end -}}
{{- if regexMatch "[*?]" (include "shardfold.kedaStream" .) -}}
{{- fail (printf "\nkeda.enabled is true, and %s is a pattern: KEDA counts the shards of one stream. Set keda.stream to the one with the most." (include "shardfold.kedaStream" .)) -}}
{{- end -}}
{{- if not (include "shardfold.kedaRegion" .) -}}
{{- fail "\nkeda.enabled is true, and neither keda.region nor config.aws.region says where the stream is. Set one of them." -}}
{{- end -}}
{{- end -}}
{{- end -}}
