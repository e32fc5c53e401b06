package serve

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/irum-app/irum/server/domain"
)

// lock is a file that one process at a time may hold. The system gives it back when the process dies, however it dies.
type lock struct{ file *os.File }

var errLocked = errors.New("locked by another process")

// takeLock holds the file at path, or says who has it.
func takeLock(path string) (*lock, error) {
	file, err := openLocked(path)
	if errors.Is(err, errLocked) {
		who := "Another irum"
		if text, err := os.ReadFile(path); err == nil && len(text) > 0 {
			who += " (" + strings.TrimSpace(string(text)) + ")"
		}
		return nil, domain.Errorf(domain.CodeUnavailable, "%s has this data folder open. Use --server with its address, or stop it.", who).In("data")
	}
	if err != nil {
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	l := &lock{file}
	if err := l.note(""); err != nil && domain.AsProblem(err).Code != domain.CodeStorage { // others can still be told that it is held
		return l, err
	}
	return l, nil
}

// note tells others who holds the lock, and at which address it answers.
func (l *lock) note(address string) error {
	if l == nil { // nothing is this process's alone
		return nil
	}
	text := fmt.Sprintf("process %d", os.Getpid())
	if address != "" {
		text += " at " + address
	}
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	if _, err := l.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err := l.file.WriteString(text + "\n")
	return err
}

func (l *lock) release() error {
	if l == nil {
		return nil
	}
	return errors.Join(l.file.Truncate(0), l.file.Close())
}
