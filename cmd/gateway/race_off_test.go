//go:build !race

package gateway_test

// underRace tells that the race detector is on, under which everything takes several times as long.
const underRace = false
