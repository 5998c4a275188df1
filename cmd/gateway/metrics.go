package gateway

import (
	"runtime"

	"github.com/prometheus/client_golang/prometheus"

	"tvscim/cmd/config"
	"tvscim/proxy/admin"
)

// registerInfo registers the metrics that do not change while the process runs.
func registerInfo(registry *prometheus.Registry, version string, c config.Config) {
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "tvscim_build_info", Help: "Always 1, with the version of the program and of Go.",
		ConstLabels: prometheus.Labels{"version": version, "go": runtime.Version()},
	})
	build.Set(1)
	allowed := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "tvscim_teamviewer_calls_per_day", Help: "The setting teamviewer.calls_per_day: calls of one function that are allowed; 0: not known.",
	})
	allowed.Set(float64(c.TeamViewer.CallsPerDay))
	registry.MustRegister(build, allowed)
}

// componentState shows the states of components as metrics.
type componentState []admin.Component

var componentStateDesc = prometheus.NewDesc("tvscim_component_state",
	"1 for the state that a component of /health has, 0 for the other states.", []string{"component", "state"}, nil)

// Describe implements prometheus.Collector.
func (componentState) Describe(to chan<- *prometheus.Desc) { to <- componentStateDesc }

// Collect implements prometheus.Collector.
func (cs componentState) Collect(to chan<- prometheus.Metric) {
	for _, c := range cs {
		is := c.Check().State()
		for _, state := range []admin.State{admin.StateOK, admin.StateUnknown, admin.StateFailing} {
			value := 0.0
			if state == is {
				value = 1
			}
			to <- prometheus.MustNewConstMetric(componentStateDesc, prometheus.GaugeValue, value, c.Name, string(state))
		}
	}
}
