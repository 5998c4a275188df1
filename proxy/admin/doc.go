// Package admin is the second listener: /livez, /readyz, /health, /metrics and a text that names
// them. It shows what it is handed (components, a gatherer) and knows nothing of SCIM or of whoever
// keeps the resources.
//
// It has no authentication and is not for the internet.
package admin
