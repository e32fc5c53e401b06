package api

import (
	"net/http"

	"github.com/irum-app/irum/server/domain"
)

func (s *server) comments(w http.ResponseWriter, r *http.Request) error {
	list, err := s.Store.Comments(r.Context(), r.PathValue("project"), r.PathValue("asset"))
	if err != nil {
		return err
	}
	return writeList(w, list)
}

func (s *server) addComment(w http.ResponseWriter, r *http.Request) error {
	in, err := readJSON[struct {
		ID     string `json:"id"`
		Thread string `json:"thread"`
		Text   string `json:"text"`
	}](w, r)
	if err != nil {
		return err
	}
	c, err := s.Store.AddComment(r.Context(), r.PathValue("project"), domain.Comment{
		ID: in.ID, AssetID: r.PathValue("asset"), Thread: in.Thread, Text: in.Text, Author: domain.ActorOf(r.Context()),
	})
	if err != nil {
		return err
	}
	w.Header().Set("ETag", etag(c.Rev))
	return writeJSON(w, http.StatusCreated, c)
}

// own is the comment that r's path names, if who asks has written it.
func (s *server) own(r *http.Request) (domain.Comment, error) {
	c, err := s.Store.Comment(r.Context(), r.PathValue("project"), r.PathValue("comment"))
	if err == nil && c.Author.ID != domain.ActorOf(r.Context()).ID {
		err = domain.Errorf(domain.CodeForbidden, "Only who has written a comment may change or delete it. Answer it, or resolve its thread.")
	}
	return c, err
}

func (s *server) editComment(w http.ResponseWriter, r *http.Request) error {
	in, err := readJSON[struct {
		Text string `json:"text"`
	}](w, r)
	if err != nil {
		return err
	}
	c, err := s.own(r)
	if err != nil {
		return err
	}
	rev := int64(0)
	asked, err := ifMatch(r, c.Rev)
	if err != nil {
		return err
	} else if asked {
		rev = c.Rev
	}
	c, err = s.Store.EditComment(r.Context(), r.PathValue("project"), r.PathValue("comment"), rev, in.Text)
	if err != nil {
		return staleOf(asked, err)
	}
	w.Header().Set("ETag", etag(c.Rev))
	return writeJSON(w, http.StatusOK, c)
}

func (s *server) resolveThread(w http.ResponseWriter, r *http.Request) error {
	in, err := readJSON[struct {
		Resolved bool `json:"resolved"`
	}](w, r)
	if err != nil {
		return err
	}
	c, err := s.Store.ResolveThread(r.Context(), r.PathValue("project"), r.PathValue("comment"), in.Resolved, domain.ActorOf(r.Context()))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, c)
}

func (s *server) deleteComment(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.own(r); err != nil {
		return err
	}
	if err := s.Store.DeleteComment(r.Context(), r.PathValue("project"), r.PathValue("comment")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
