package domain

import "time"

// AuditEntry is one line of the audit log: who did what to which object.
type AuditEntry struct {
	Seq       int64     `json:"seq"`
	At        time.Time `json:"at"`
	Workspace string    `json:"workspace,omitempty"`
	Actor     Actor     `json:"actor"`  // without an id: nobody who had signed in
	Action    string    `json:"action"` // method and pattern of the route
	Object    string    `json:"object"` // path that was asked for
	Hash      string    `json:"hash"`   // over the entry and the hash of the one before
}

// AuditCheck is what a look at the whole audit log found.
type AuditCheck struct {
	Entries int64  `json:"entries"` // that are as they were written
	Head    string `json:"head"`    // hash of the last of them
	Broken  int64  `json:"broken,omitempty"`
}
