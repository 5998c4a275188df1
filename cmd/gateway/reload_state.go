package gateway

import (
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"tvscim/cmd/config"
)

// reloadState is the result of the latest reload.
type reloadState struct {
	problem   string    // why it failed, in one line; "" if it succeeded
	since     time.Time // of the first failure, or of the first success after one
	succeeded time.Time
	waiting   []string // keys that need a restart

	tokens      []config.Token // auth.tokens in use
	adminTokens []config.Token // admin.tokens in use
}

// note stores the result of a reload, for health and metrics.
func (r *reloader) note(err error, waiting []string) {
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	was := r.state.problem
	r.state.problem, r.state.waiting, r.state.tokens = "", waiting, r.current.Auth.Tokens
	r.state.adminTokens = r.current.Admin.Tokens
	if err != nil {
		r.state.problem = strings.ReplaceAll(err.Error(), "\n", "; ")
	} else {
		r.state.succeeded = now
	}
	if (was == "") != (err == nil) {
		r.state.since = now
	}
	if err != nil {
		r.gateway.log.Error("reload failed", zap.String("reason", r.state.problem))
	}
}

func (r *reloader) status() reloadState {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state
}

// Metrics of reloads.
var (
	reloadSucceeded = prometheus.NewDesc("tvscim_config_reload_success",
		"1 if the latest reload of the settings succeeded, or there was none, else 0.", nil, nil)
	reloadSucceededAt = prometheus.NewDesc("tvscim_config_reload_success_timestamp_seconds",
		"When the settings were last read with success, in seconds since 1970.", nil, nil)
	restartNeeded = prometheus.NewDesc("tvscim_config_restart_needed",
		"Number of settings that have changed and need a restart.", nil, nil)
)

// Describe implements prometheus.Collector.
func (r *reloader) Describe(to chan<- *prometheus.Desc) {
	to <- reloadSucceeded
	to <- reloadSucceededAt
	to <- restartNeeded
}

// Collect implements prometheus.Collector.
func (r *reloader) Collect(to chan<- prometheus.Metric) {
	state, well := r.status(), 0.0
	if state.problem == "" {
		well = 1
	}
	to <- prometheus.MustNewConstMetric(reloadSucceeded, prometheus.GaugeValue, well)
	to <- prometheus.MustNewConstMetric(reloadSucceededAt, prometheus.GaugeValue, float64(state.succeeded.UnixMilli())/1000)
	to <- prometheus.MustNewConstMetric(restartNeeded, prometheus.GaugeValue, float64(len(state.waiting)))
}
