package api

import (
	"strings"

	"github.com/irum-app/irum/server/domain"
)

// Need is what a route asks of who calls it. The empty need is never met.
type Need string

// Open, SignedIn and Host are for routes about no object of a workspace. All other needs are rights in the workspace of the
// object that the path names ({project}, {job}, {workspace}), or, where it names none, in the workspace that the parameter
// workspace names.
const (
	Open     Need = "open"      // anybody who reaches the server, signed in or not
	SignedIn Need = "signed-in" // any account; the handler shows what is the caller's alone
	Host     Need = "host"      // those who run the server: what they change is for all workspaces

	View    = Need(domain.RightView)
	Label   = Need(domain.RightLabel)
	Review  = Need(domain.RightReview)
	Manage  = Need(domain.RightManage)
	Members = Need(domain.RightMembers)
	Own     = Need(domain.RightOwn)
)

// objects are the path parameters by which a workspace is found.
var objects = []string{"{project}", "{job}", "{workspace}"}

// names tells whether a pattern names an object of a workspace.
func names(pattern string) bool {
	for _, o := range objects {
		if strings.Contains(pattern, o) {
			return true
		}
	}
	return false
}
