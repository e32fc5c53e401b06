package serve

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/team"
)

// openTeam opens the accounts where this server has to ask who calls: when that is asked for, when there are accounts, and
// when others than the users of this machine could reach it. Without an Addr nobody can: the command line, which may do all.
func (s *Server) openTeam(ctx context.Context) error {
	if err := s.checkURL(); err != nil {
		return err
	}
	if s.cfg.Addr == "" {
		return nil
	}
	has, err := s.store.HasUsers(ctx)
	if err != nil {
		return err
	}
	if !has && !s.cfg.Team && !s.reachable() && s.cfg.OIDC.Issuer == "" {
		return nil
	}
	t, setup, err := team.New(ctx, team.Config{
		Store: s.store, URL: s.cfg.URL, Proxy: s.cfg.URL != "" || len(s.cfg.Hosts) > 0, Cost: s.cfg.Cost, OIDC: s.cfg.OIDC, Log: s.cfg.Log,
	})
	if err != nil {
		return fmt.Errorf("open the accounts: %w", err)
	}
	s.team, s.setup = t, setup
	return nil
}

// reachable tells whether others than the users of this machine may reach the server: directly, or through a proxy, of which
// another name or address is the sign.
func (s *Server) reachable() bool {
	return s.cfg.URL != "" || len(s.cfg.Hosts) > 0 || !localAddress(s.cfg.Addr)
}

// localAddress tells whether addr, HOST:PORT, is of this machine alone.
func localAddress(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// checkURL also lets requests under the name of URL in.
func (s *Server) checkURL() error {
	if s.cfg.URL == "" {
		return nil
	}
	u, err := url.Parse(s.cfg.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return domain.Errorf(domain.CodeInvalid, "The address at which people open Irum looks like https://irum.example, not %q.", s.cfg.URL).In("url")
	}
	s.cfg.URL = u.Scheme + "://" + u.Host
	s.cfg.Hosts = append(s.cfg.Hosts, strings.ToLower(u.Hostname()))
	return nil
}

// SetupURL is the link by which the first account is made, good until the server stops or the account is there; "" where
// there is one, or nobody signs in. at is where the server listens, as Run tells it.
func (s *Server) SetupURL(at string) string {
	if s.setup == "" {
		return ""
	}
	if s.cfg.URL != "" {
		at = s.cfg.URL
	}
	return at + "/setup#" + s.setup // what follows # is not sent, so that no log of a proxy has it
}

// Recover gives the account of an address a new password, which it answers (team.Recover).
func (s *Server) Recover(ctx context.Context, email string) (domain.User, string, error) {
	return team.Recover(ctx, s.store, email, s.cfg.Cost)
}

// Grant gives a workspace credits without an end, the first one where none is named, and answers its balance.
func (s *Server) Grant(ctx context.Context, workspace string, amount int64) (int64, error) {
	workspace = cmp.Or(workspace, domain.HomeWorkspace)
	if _, err := s.store.CreditsOf(ctx, workspace); err != nil {
		return 0, err
	}
	if err := s.store.GrantTo(ctx, workspace, amount); err != nil {
		return 0, err
	}
	c, err := s.store.CreditsOf(ctx, workspace)
	return c.Balance, err
}

// VerifyAudit looks whether the whole audit log is as it was written.
func (s *Server) VerifyAudit(ctx context.Context) (domain.AuditCheck, error) {
	return s.store.VerifyAudit(ctx)
}

// listening is the address that a listener can be opened at from this machine.
func listening(address net.Addr) string {
	tcp, ok := address.(*net.TCPAddr)
	if ok && tcp.IP.IsUnspecified() {
		return fmt.Sprintf("http://localhost:%d", tcp.Port)
	}
	return "http://" + address.String()
}
