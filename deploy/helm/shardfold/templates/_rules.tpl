{{/* What a JSON Schema cannot say: rules between values. Each says what is wrong and what to write instead. */}}

{{/* Seconds of a duration such as 25s, 1.5m or 500ms; what is no duration was refused by the schema. */}}
{{- define "shardfold.seconds" -}}
{{- $number := regexFind "^[0-9.]+" . | float64 -}}
{{- $unit := regexFind "[a-z]+$" . -}}
{{- mulf $number (get (dict "ms" 0.001 "s" 1.0 "m" 60.0 "h" 3600.0 "d" 86400.0) $unit) -}}
{{- end -}}

{{- define "shardfold.rules" -}}
{{- $drain := dig "shutdown" "drain" "25s" .Values.config -}}
{{- $least := addf (include "shardfold.seconds" $drain | float64) 10 | ceil | int -}}
{{- if lt (int .Values.terminationGracePeriodSeconds) $least -}}
{{- fail (printf "\nterminationGracePeriodSeconds is %d, and config.shutdown.drain is %s: Kubernetes would kill a worker that still drains. Set terminationGracePeriodSeconds to %d or more (the drain, 5 s to give back leases, 5 s to spare), or config.shutdown.drain to less." (int .Values.terminationGracePeriodSeconds) $drain $least) -}}
{{- end -}}
{{- if and .Values.keda.enabled (gt (int .Values.keda.minReplicas) (int .Values.keda.shards)) -}}
{{- fail (printf "\nkeda.minReplicas is %d, and keda.shards is %d: workers beyond the number of shards have nothing to do. Set keda.minReplicas to %d or less." (int .Values.keda.minReplicas) (int .Values.keda.shards) (int .Values.keda.shards)) -}}
{{- end -}}
{{- if and .Values.keda.enabled (not (or .Values.keda.region (dig "aws" "region" "" .Values.config))) -}}
{{- fail "\nkeda.enabled is true, and neither keda.region nor config.aws.region says where the stream is. Set one of them." -}}
{{- end -}}
{{- if eq .Values.image.tag "latest" -}}
{{- fail "\nimage.tag is latest, which is another program after every release. Name a version, or leave image.tag empty for the chart's own." -}}
{{- end -}}
{{- $known := list -}}
{{- range .Values.env }}{{ $known = append $known .name }}{{ end -}}
{{- range regexFindAll "\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}" (toYaml .Values.config | replace "$${" "") -1 -}}
{{- $name := . | trimPrefix "${" | trimSuffix "}" -}}
{{- if not (has $name $known) -}}
{{- fail (printf "\nconfig names ${%s}, and env has no variable of that name: the worker would refuse to start. Add it to env, or write ${%s:default}." $name $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
