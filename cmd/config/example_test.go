package config_test

import (
	"fmt"
	"os"

	"tvscim/cmd/config"
)

// Every problem is reported at once, each with its key and where it was written.
func ExampleLoad() {
	_, err := config.Load("testdata/invalid-unknown-nested-key.yml", []string{
		"TVSCIM_LOG_LEVEL=loud",
	})
	fmt.Println(err)
	// Output:
	// users.languge: line 2: unknown key; did you mean users.language?
	// log.level: TVSCIM_LOG_LEVEL: must be debug, info, warn or error
}

// The list of settings can be printed for people.
func ExampleKeys() {
	for _, key := range config.Keys()[:3] {
		fmt.Fprintf(os.Stdout, "%-13s %-20s %s\n", key.Path, key.Env, key.Default)
	}
	// Output:
	// listen        TVSCIM_LISTEN        127.0.0.1:8080
	// admin_listen  TVSCIM_ADMIN_LISTEN  127.0.0.1:9090
	// base_path     TVSCIM_BASE_PATH     /scim/v2
}

// A secret prints as such, and only Reveal gives its value.
func ExampleSecret() {
	token := config.NewSecret("1234567-AbCdEf")
	fmt.Println(token)
	fmt.Printf("%#v %x %s\n", token, token, token)
	fmt.Println(len(token.Reveal()))
	// Output:
	// <secret>
	// <secret> <secret> <secret>
	// 14
}
