{{/* What a JSON Schema cannot say: rules between values. Each says what is wrong and what to write instead. */}}

{{/* Bytes of a size such as 64MiB, or of a quantity of Kubernetes such as 512Mi; what is neither was refused by the schema. */}}
{{- define "shardfold.bytes" -}}
{{- $text := kindIs "string" . | ternary (toString .) (printf "%d" (int64 .)) -}}
{{- $units := dict "" 1 "B" 1 "m" 0.001 "k" 1e3 "KB" 1e3 "M" 1e6 "MB" 1e6 "G" 1e9 "GB" 1e9 "T" 1e12 "Ki" 1024 "KiB" 1024 "Mi" 1048576 "MiB" 1048576 "Gi" 1073741824 "GiB" 1073741824 "Ti" 1099511627776 -}}
{{- mulf (regexFind "^[0-9.]+" $text | float64) (get $units (regexFind "[A-Za-z]*$" $text)) | int64 -}}
{{- end -}}

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
{{- $buffer := dig "source" "bufferBytes" "64MiB" .Values.config -}}
{{- $memory := .Values.resources.limits.memory -}}
{{- if gt (mul 4 (include "shardfold.bytes" $buffer | int64)) (include "shardfold.bytes" $memory | int64) -}}
{{- fail (printf "\nconfig.source.bufferBytes is %s, more than a quarter of resources.limits.memory, %v: a worker that reads at full speed would be killed for want of memory. Set config.source.bufferBytes to %dMiB or less, or give more memory." $buffer $memory (div (include "shardfold.bytes" $memory | int64) 4194304)) -}}
{{- end -}}
{{- if regexMatch "^(127\\.|localhost$|\\[?::1\\]?$)" (dig "http" "host" "" .Values.config) -}}
{{- fail (printf "\nconfig.http.host is %s, where nobody but the pod itself can ask: the probes would fail, and the worker would be killed again and again. Leave config.http.host out." .Values.config.http.host) -}}
{{- end -}}
{{- if and .Values.podMonitor.enabled (dig "http" "token" "" .Values.config) (not .Values.podMonitor.tokenSecret) -}}
{{- fail "\nconfig.http.token protects the metrics, and Prometheus has no token: every alert would be silent. Set podMonitor.tokenSecret to the name and the key of the Secret that has it." -}}
{{- end -}}
{{- range $key, $_ := .Values.podLabels -}}
{{- if has $key (list "app.kubernetes.io/name" "app.kubernetes.io/instance") -}}
{{- fail (printf "\npodLabels has %s, by which the Deployment finds its pods. Take it out; nameOverride changes the name." $key) -}}
{{- end -}}
{{- end -}}
{{- range .Values.env -}}
{{- if eq .name "NODE_OPTIONS" -}}
{{- fail "\nenv has NODE_OPTIONS, which the chart sets. Set nodeOptions instead." -}}
{{- else if eq .name "SHARDFOLD_SHUTDOWN__GRACE" -}}
{{- fail "\nenv has SHARDFOLD_SHUTDOWN__GRACE, which the chart sets to the pod's grace period. Set terminationGracePeriodSeconds instead." -}}
{{- else if eq .name "SHARDFOLD_LEASE__JOIN_DELAY" -}}
{{- fail "\nenv has SHARDFOLD_LEASE__JOIN_DELAY, which the chart sets by minReadySeconds. Set config.lease.joinDelay instead." -}}
{{- end -}}
{{- end -}}
{{- include "shardfold.kedaRules" . -}}
{{- include "shardfold.networkRules" . -}}
{{- if eq .Values.image.tag "latest" -}}
{{- fail "\nimage.tag is latest, which is another program after every release. Name a version, or leave image.tag empty for the chart's own." -}}
{{- end -}}
{{- $known := list -}}
{{- range .Values.env }}{{ $known = append $known .name }}{{ end -}}
{{- range regexFindAll "\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}" (toYaml .Values.config | replace "$${" "") -1 -}}
{{- $name := . | trimPrefix "${" | trimSuffix "}" -}}
{{- if not (or (has $name $known) $.Values.envFrom) -}}
{{- fail (printf "\nconfig names ${%s}, and env has no variable of that name: the worker would refuse to start. Add it to env, or write ${%s:default}." $name $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
