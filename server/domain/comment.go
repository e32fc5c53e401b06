package domain

import "time"

const (
	// MaxComment is how many characters a comment has at most.
	MaxComment = 4000
	// MaxComments is how many comments one image has at most.
	MaxComments = 500
)

// Comment is what somebody said about an image. Comments form threads: Thread is the id of the thread's first comment, which
// for that one is its own. Whether a thread is resolved its first comment says.
type Comment struct {
	ID         string    `json:"id"`
	AssetID    string    `json:"asset"`
	Thread     string    `json:"thread"`
	Author     Actor     `json:"author"`
	Text       string    `json:"text"`
	CreatedAt  time.Time `json:"created_at"`
	EditedAt   time.Time `json:"edited_at,omitzero"`
	Rev        int64     `json:"rev"` // grows with every change
	Resolved   bool      `json:"resolved,omitempty"`
	ResolvedBy *Actor    `json:"resolved_by,omitempty"`
	ResolvedAt time.Time `json:"resolved_at,omitzero"`
}

// First tells whether c begins its thread.
func (c Comment) First() bool { return c.Thread == c.ID }

// CommentCounts counts the comments of one image and the threads among them that nobody has resolved.
func CommentCounts(list []Comment) (all, open int) {
	for _, c := range list {
		if c.First() && !c.Resolved {
			open++
		}
	}
	return len(list), open
}

// What Filter.Comments may say.
const (
	CommentsOpen = "open" // images with a thread that nobody has resolved
	CommentsAny  = "any"  // images with any comment
)
