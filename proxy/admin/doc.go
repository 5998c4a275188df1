// Package admin is the second listener: /livez, /readyz, /health, /metrics and a text that names
// them. It shows the components and the metrics that it is given, and knows nothing of SCIM.
//
// It has no authentication and is not for the internet.
package admin
