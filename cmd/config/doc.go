// Package config turns config.yaml and the environment into checked values.
//
// [Load] starts from [Default], lays the file over it and the environment over
// that, reads the files that hold secrets, and checks the whole. It reports every
// problem at once, each with its key and with the line or variable it came from.
//
// The file is read strictly: an unknown key, a key written twice, a second
// document or an alias is a problem. A key exists here only when its effect exists
// in the gateway.
//
// The types of [Config] are the only list of keys. Names in the file, names in the
// environment, [Keys] and the decoder are all derived from their yaml tags.
//
// This room does not open listeners, call TeamViewer, print or log. It knows no
// other room of the gateway: cmd/gateway hands its values on.
package config
