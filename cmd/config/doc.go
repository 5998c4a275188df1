// Package config reads and validates config.yaml and the environment.
//
// [Load] starts from [Default], applies the file and then the environment, reads the files of
// secrets, and validates the result. It returns all problems at once, each with its key and its
// line or variable.
//
// The file is read strictly: an unknown key, a key written twice, a second document or an alias is
// a problem. A key exists only if it has an effect in the gateway.
//
// The types of [Config] are the only list of keys. Names in the file, names in the environment,
// [Keys] and the decoder are all derived from their yaml tags.
//
// The package does not open listeners, call TeamViewer, print or log, and imports no other package
// of the gateway.
package config
