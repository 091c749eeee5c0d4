package ses

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/genericcorp/platform/internal/localcloud"
)

// What is kept: the newest.
const (
	mostMails = 1000
	mostBytes = 256 << 20
)

// inbox keeps each mail in a file of its own, and knows the list by heart.
type inbox struct {
	dir string

	mu     sync.Mutex
	last   int
	kept   []entry // the oldest first
	bytes  int
	mails  int // that it may keep
	volume int // in bytes
}

type entry struct {
	mail  localcloud.Mail // without its parts
	bytes int
}

func newInbox(dir string) *inbox { return &inbox{dir: dir, mails: mostMails, volume: mostBytes} }

func (b *inbox) path(number int) string {
	return filepath.Join(b.dir, strconv.Itoa(number)+".json")
}

// add keeps a mail, and lets go of the oldest.
func (b *inbox) add(mail localcloud.Mail) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	mail.Number = b.last + 1
	content, err := json.Marshal(mail)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(b.dir, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(b.path(mail.Number), content, 0o600); err != nil {
		return fmt.Errorf("keep a mail: %w", err)
	}
	b.last++
	mail.Text, mail.HTML = "", ""
	b.kept, b.bytes = append(b.kept, entry{mail, len(content)}), b.bytes+len(content)
	for len(b.kept) > b.mails || b.bytes > b.volume && len(b.kept) > 1 {
		if err := os.Remove(b.path(b.kept[0].mail.Number)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("let go of an old mail: %w", err)
		}
		b.kept, b.bytes = b.kept[1:], b.bytes-b.kept[0].bytes
	}
	return nil
}

// list is what is kept, the oldest first.
func (b *inbox) list() []localcloud.Mail {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := make([]localcloud.Mail, 0, len(b.kept))
	for _, e := range b.kept {
		list = append(list, e.mail)
	}
	return list
}

// ServeMail responds at localcloud.MailPath and below.
func (s *Service) ServeMail(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		http.Error(w, "GET", http.StatusMethodNotAllowed)
		return
	}
	what := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, localcloud.MailPath), "/")
	if token, verify := strings.CutPrefix(what, "verify/"); verify {
		name, ok := s.verify(token)
		if !ok {
			http.Error(w, "no address waits for this", http.StatusNotFound)
			return
		}
		_, _ = fmt.Fprintln(w, name+" is verified") // the client may be gone
		return
	}
	if what == "" {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(s.inbox.list()) // the client may be gone
		return
	}
	number, err := strconv.Atoi(what)
	var content []byte
	if err == nil {
		content, err = os.ReadFile(s.inbox.path(number))
	}
	if err != nil {
		http.Error(w, "there is no mail "+what, http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(content) // the client may be gone
}
