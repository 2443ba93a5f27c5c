{{/* The network policy lets through what the configuration names, as far as its addresses can be read here. */}}

{{/* Ports of an address, as a list in JSON. `scheme://user:password@host:port,host/path` and a port for hosts that name none. */}}
{{- define "shardfold.portsOf" -}}
{{- $ports := list -}}
{{- range splitList "," (regexReplaceAll "^[a-z0-9+]+://([^@/]*@)?([^/?]*).*$" .url "${2}") -}}
{{- $ports = append $ports (regexFind ":[0-9]+$" . | trimPrefix ":" | default ($.fallback | toString) | int) -}}
{{- end -}}
{{- toJson (uniq $ports) -}}
{{- end -}}

{{- define "shardfold.networkRules" -}}
{{- $ofKind := dict "postgres" 5432 "cratedb" 4200 "mysql" 3306 "mongodb" 27017 -}}
{{- $open := list -}}
{{- $own := false -}}
{{- range .Values.networkPolicy.toPorts -}}
{{- $open = append $open (int .) -}}
{{- if not (has (int .) (list 443 5432 4200 3306 27017)) }}{{ $own = true }}{{ end -}}
{{- end -}}
{{- $asked := list -}}
{{- range $name, $sink := .Values.config.sinks -}}
{{- if hasKey $ofKind $sink.kind -}}
{{- $fallback := get $ofKind $sink.kind -}}
{{- if not (contains "${" $sink.url) -}}
{{- $asked = append $asked (list (printf "config.sinks.%s" $name) (include "shardfold.portsOf" (dict "url" $sink.url "fallback" $fallback) | fromJsonArray)) -}}
{{- else if not $own -}}
{{/* The address is a variable's. A port that is nobody's own may be the one of this database. */}}
{{- $asked = append $asked (list (printf "config.sinks.%s, a %s," $name $sink.kind) (list $fallback)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range list "aws" "source" "lease" "deadLetters" -}}
{{- $url := dig . "endpoint" "" $.Values.config -}}
{{- if and $url (not (contains "${" $url)) -}}
{{- $fallback := hasPrefix "https:" $url | ternary 443 80 -}}
{{- $asked = append $asked (list (printf "config.%s.endpoint" .) (include "shardfold.portsOf" (dict "url" $url "fallback" $fallback) | fromJsonArray)) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.networkPolicy.enabled (not .Values.networkPolicy.egress) -}}
{{- range $asked -}}
{{- $where := first . -}}
{{- range last . -}}
{{- if not (has (int .) $open) -}}
{{- fail (printf "\nnetworkPolicy.toPorts is [%s], and %s is at port %d: nothing would let the worker through to it. Set networkPolicy.toPorts to [%s], or write networkPolicy.egress rules of your own." (join ", " $open) $where (int .) (join ", " (append $open (int .)))) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
