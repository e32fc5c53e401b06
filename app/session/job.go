package session

import (
	"strings"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/server/domain"
)

// JobPhase says in a few words how a job stands: what is done and where, or what it waits for.
func JobPhase(j domain.Job) string {
	switch {
	case j.State == domain.JobPaused:
		return i18n.T("phase.paused")
	case j.State == domain.JobQueued && j.Waiting == domain.WaitWorker && j.Label != "":
		return i18n.T("phase.no_worker_with", "label", strings.ToUpper(j.Label))
	case j.State == domain.JobQueued && j.Waiting == domain.WaitWorker:
		return i18n.T("phase.no_worker")
	case j.State == domain.JobQueued && j.Waiting == domain.WaitRetry:
		return i18n.T("phase.retry")
	case j.State == domain.JobQueued:
		return i18n.T("phase.queued")
	}
	parts := []string{i18n.T("job." + j.Kind)}
	if j.Phase != "" {
		parts[0] = i18n.T("phase." + j.Phase)
	}
	if j.Worker != "" {
		parts = append(parts, i18n.T("job.on", "name", j.Worker))
	}
	if j.Starts > 1 {
		parts = append(parts, i18n.T("job.resumed"))
	}
	return strings.Join(parts, " · ")
}
