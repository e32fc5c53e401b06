package domain

import "slices"

// Right is one kind of thing that members of a workspace may do in it.
type Right string

// Rights, each with what it lets a member do.
const (
	RightView    Right = "view"    // see projects with their images, labels, models and clusters
	RightLabel   Right = "label"   // give labels, and take back one's own
	RightReview  Right = "review"  // judge labels of others, and take them back
	RightManage  Right = "manage"  // projects, classes, imports, exports, training, deletion
	RightMembers Right = "members" // invite people, change what they may do, read the audit log
	RightOwn     Right = "own"     // the workspace itself, and who else owns it
)

// Role is what a member is in a workspace.
type Role string

// Roles, the mightiest first.
const (
	RoleOwner    Role = "owner"
	RoleAdmin    Role = "admin"
	RoleManager  Role = "manager"
	RoleReviewer Role = "reviewer"
	RoleLabeller Role = "labeller"
	RoleViewer   Role = "viewer"
)

// Roles lists all roles, the mightiest first.
var Roles = []Role{RoleOwner, RoleAdmin, RoleManager, RoleReviewer, RoleLabeller, RoleViewer}

// Rights lists all rights, the least first. Each role has one more than the next weaker one.
var Rights = []Right{RightView, RightLabel, RightReview, RightManage, RightMembers, RightOwn}

// Valid tells whether there is such a role.
func (r Role) Valid() bool { return slices.Contains(Roles, r) }

// Rights of the role, the least first; none of a role that is not known.
func (r Role) Rights() []Right {
	at := slices.Index(Roles, r)
	if at < 0 {
		return nil
	}
	return slices.Clone(Rights[:len(Rights)-at])
}

// May tells whether the role has the right.
func (r Role) May(right Right) bool { return slices.Contains(r.Rights(), right) }
