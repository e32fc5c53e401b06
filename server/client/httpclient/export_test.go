package httpclient

import "time"

func init() {
	pauses = []time.Duration{time.Millisecond, time.Millisecond, time.Millisecond}
}
