{{- define "tvscim.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "tvscim.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains (include "tvscim.name" .) .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "tvscim.name" .) | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "tvscim.selector" -}}
app.kubernetes.io/name: {{ include "tvscim.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: gateway
{{- end -}}

{{- define "tvscim.labels" -}}
{{ include "tvscim.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{- define "tvscim.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{- define "tvscim.authMode" -}}
{{- dig "auth" "mode" "passthrough" .Values.config -}}
{{- end -}}

{{- define "tvscim.basePath" -}}
{{- dig "base_path" "/scim/v2" .Values.config -}}
{{- end -}}

{{/* The restricted level of Pod Security asks for all of this but for the root. */}}
{{- define "tvscim.securityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{- define "tvscim.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{/* The port of the pod through which SCIM is reached from outside of it; empty: none. */}}
{{- define "tvscim.scimPort" -}}
{{- if eq .Values.mode "gateway" -}}8080{{- else if .Values.sidecar.port -}}{{ .Values.sidecar.port }}{{- end -}}
{{- end -}}

{{/* Not empty where the gateway itself serves TLS. */}}
{{- define "tvscim.tls" -}}
{{- if or .Values.tls.secretName (dig "tls" "acme" "domains" list .Values.config) -}}true{{- end -}}
{{- end -}}

{{/* What the schema of the values cannot say in words. */}}
{{- define "tvscim.check" -}}
{{- if and (gt (int .Values.replicas) 1) .Values.persistence.enabled -}}
{{- fail "replicas: with persistence.enabled only one gateway can use the store; set replicas to 1, or name a database with secret.storeUrlKey and set persistence.enabled to false" -}}
{{- end -}}
{{- if and (gt (int .Values.replicas) 1) (not .Values.secret.storeUrlKey) -}}
{{- fail "replicas: several gateways need a store that they share; set secret.storeUrlKey, or replicas to 1" -}}
{{- end -}}
{{- if and .Values.secret.storeUrlKey .Values.persistence.enabled -}}
{{- fail "secret.storeUrlKey: is set in addition to persistence.enabled; set persistence.enabled to false" -}}
{{- end -}}
{{- if and .Values.secret.storeUrlKey (not .Values.secret.name) -}}
{{- fail "secret.storeUrlKey: needs secret.name, the Secret that has this key" -}}
{{- end -}}
{{- if and .Values.secret.storeCAKey (not .Values.secret.storeUrlKey) -}}
{{- fail "secret.storeCAKey: needs secret.storeUrlKey, the database that it is for" -}}
{{- end -}}
{{- if and .Values.ingress.enabled (eq .Values.mode "sidecar") -}}
{{- fail "ingress.enabled: in mode sidecar the sidecar is the only way in; set mode to gateway, or ingress.enabled to false" -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.host) -}}
{{- fail "ingress.host: is empty; name the host of the Tenant URL, such as tv.example.com" -}}
{{- end -}}
{{- if and (eq .Values.mode "sidecar") (not .Values.sidecar.container) -}}
{{- fail "sidecar.container: is empty; describe the proxy or tunnel through which the gateway is reached, or set mode to gateway" -}}
{{- end -}}
{{- if and (eq .Values.mode "gateway") .Values.sidecar.container -}}
{{- fail "sidecar.container: is not used in mode gateway; set mode to sidecar, or remove it" -}}
{{- end -}}
{{- if and (include "tvscim.tls" .) (eq .Values.mode "sidecar") -}}
{{- fail "tls.secretName, config.tls: in mode sidecar the sidecar adds TLS; set mode to gateway, or remove them" -}}
{{- end -}}
{{- if and .Values.tls.secretName (dig "tls" "acme" "domains" list .Values.config) -}}
{{- fail "tls.secretName: is set in addition to config.tls.acme.domains; remove one of them" -}}
{{- end -}}
{{- if and (dig "tls" "acme" "domains" list .Values.config) (not (dig "tls" "acme" "cache" "" .Values.config)) -}}
{{- fail "config.tls.acme.cache: is empty; name a folder of the volume for the certificates, such as /data/acme" -}}
{{- end -}}
{{- if and .Values.tls.clientCAKey (not .Values.tls.secretName) -}}
{{- fail "tls.clientCAKey: needs tls.secretName, the Secret that has this key" -}}
{{- end -}}
{{- if and (eq (include "tvscim.authMode" .) "token") (not .Values.secret.name) -}}
{{- fail "secret.name: with config.auth.mode token the gateway needs TeamViewer's script token; name the Secret that holds it" -}}
{{- end -}}
{{- if and .Values.secret.ssoCustomerIdKey (not .Values.secret.name) -}}
{{- fail "secret.ssoCustomerIdKey: needs secret.name, the Secret that has this key" -}}
{{- end -}}
{{- if and .Values.secret.alertWebhookKey (not .Values.secret.name) -}}
{{- fail "secret.alertWebhookKey: needs secret.name, the Secret that has this key" -}}
{{- end -}}
{{- end -}}
