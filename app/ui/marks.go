package ui

import "github.com/irum-app/irum/server/domain"

// FlagIcons are the icons of flags.
var FlagIcons = map[domain.Flag]string{domain.FlagUnsure: "help", domain.FlagBad: "ban"}

// VerdictIcons are the icons of what reviewers say.
var VerdictIcons = map[domain.Verdict]string{domain.VerdictApproved: "check", domain.VerdictReturned: "undo"}
