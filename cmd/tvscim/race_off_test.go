//go:build !race

package main

// underRace tells that the race detector is on, under which everything takes several times as long.
const underRace = false
