package serve

import (
	"bytes"
	"maps"
	"net/http"
	"runtime"
	goruntime "runtime/metrics"
	"slices"
	"strconv"
	"strings"
)

// metrics answers what a Prometheus collects, in its text format 0.0.4. It is written here: the format is lines of a name,
// labels and a number, and the client library would bring more packages than there are metrics.
func (s *Server) metrics(w http.ResponseWriter, r *http.Request) error {
	stats, err := s.store.Stats(r.Context())
	if err != nil {
		return err
	}
	e := &exposition{}
	e.family("irum_build_info", "gauge", "The version of this Irum, and 1.")
	e.sample("", 1, "version", s.cfg.Version, "goversion", runtime.Version())
	s.meter.write(e)
	e.family("irum_jobs", "gauge", "Jobs that are kept, by state.")
	for _, state := range slices.Sorted(maps.Keys(stats.Jobs)) {
		e.sample("", float64(stats.Jobs[state]), "state", string(state))
	}
	workers, err := s.store.Workers(r.Context())
	if err != nil {
		return err
	}
	e.gauge("irum_workers", "Processes that run jobs from a shared queue and are connected.", float64(len(workers)))
	e.gauge("irum_projects", "Projects of all workspaces.", float64(stats.Projects))
	e.family("irum_assets", "gauge", "Images of all projects, by the state of their label.")
	e.sample("", float64(stats.Counts.Auto), "state", "auto")
	e.sample("", float64(stats.Counts.Labelled), "state", "labelled")
	e.sample("", float64(stats.Counts.Skipped), "state", "skipped")
	e.sample("", float64(stats.Counts.Unlabelled), "state", "unlabelled")
	e.gauge("irum_database_bytes", "Size of the database.", float64(stats.Bytes))
	if free, size, ok := diskSpace(s.cfg.Data); ok {
		e.gauge("irum_data_disk_free_bytes", "Bytes that can still be written to the disk of the data folder.", float64(free))
		e.gauge("irum_data_disk_size_bytes", "Size of the disk of the data folder.", float64(size))
	}
	writable := 0.0
	if s.storage.state() == storageOK {
		writable = 1
	}
	e.gauge("irum_data_writable", "1 where the data folder can be written to, 0 where its disk is full or read-only.", writable)
	e.runtime()
	e.gauge("process_start_time_seconds", "When this process was started, in seconds since 1970.", float64(s.meter.started.UnixMilli())/1000)
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, err = w.Write(e.text.Bytes())
	return err
}

// exposition is Prometheus text as it grows.
type exposition struct {
	text bytes.Buffer
	name string // of the family whose samples are being written
}

// family begins a metric. kind is counter, gauge or histogram.
func (e *exposition) family(name, kind, help string) {
	e.name = name
	e.text.WriteString("# HELP " + name + " " + help + "\n# TYPE " + name + " " + kind + "\n")
}

var labelEscaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// sample writes one value of the family; suffix is that of a histogram's parts. labels are names and values by turns.
func (e *exposition) sample(suffix string, value float64, labels ...string) {
	e.text.WriteString(e.name + suffix)
	for i := 0; i < len(labels); i += 2 {
		e.text.WriteString(map[bool]string{true: "{", false: ","}[i == 0] + labels[i] + `="` + labelEscaper.Replace(labels[i+1]) + `"`)
	}
	if len(labels) > 0 {
		e.text.WriteByte('}')
	}
	e.text.WriteString(" " + number(value) + "\n")
}

func (e *exposition) gauge(name, help string, value float64) {
	e.family(name, "gauge", help)
	e.sample("", value)
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// runtime tells of Go's memory under the names that dashboards for Go know.
func (e *exposition) runtime() {
	samples := []goruntime.Sample{
		{Name: "/sched/goroutines:goroutines"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/total:bytes"},
		{Name: "/gc/cycles/total:gc-cycles"},
	}
	goruntime.Read(samples)
	value := func(i int) float64 {
		if samples[i].Value.Kind() != goruntime.KindUint64 {
			return 0
		}
		return float64(samples[i].Value.Uint64())
	}
	e.gauge("go_goroutines", "Goroutines that exist.", value(0))
	e.gauge("go_memstats_alloc_bytes", "Bytes of objects on the heap.", value(1))
	e.gauge("go_memstats_sys_bytes", "Bytes that Go has of the system.", value(2))
	e.family("irum_gc_cycles_total", "counter", "Garbage collections that were finished.")
	e.sample("", value(3))
}
