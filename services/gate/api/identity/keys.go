package identity

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/genericcorp/platform/internal/check"
)

// Reread is how long a change of a file of keys may be unnoticed.
const Reread = 5 * time.Second

// keyFile gives the keys of a file as it is now. A file that has become wrong leaves the keys that were right last.
type keyFile struct {
	path    string
	private bool

	mu   sync.Mutex
	keys []jose.JSONWebKey
	read time.Time
}

func openKeys(path string, private bool) (*keyFile, error) {
	f := &keyFile{path: path, private: private}
	keys, err := f.load()
	f.keys, f.read = keys, time.Now()
	return f, err
}

func (f *keyFile) current(now time.Time) []jose.JSONWebKey {
	f.mu.Lock()
	defer f.mu.Unlock()
	if age := now.Sub(f.read); age < 0 || age > Reread {
		f.read = now
		if keys, err := f.load(); err != nil {
			slog.Error("the keys of identities stay as they were", "cause", err)
		} else {
			f.keys = keys
		}
	}
	return f.keys
}

// load reads the file. Its errors quote nothing of it.
func (f *keyFile) load() ([]jose.JSONWebKey, error) {
	text, err := os.ReadFile(f.path)
	if err != nil {
		return nil, fmt.Errorf("read the keys of identities: %w", err)
	}
	var set jose.JSONWebKeySet
	if json.Unmarshal(text, &set) != nil {
		return nil, fmt.Errorf("the keys of identities, %s: expected a JSON Web Key Set of Ed25519 keys", f.path)
	}
	p := check.Under("the keys of identities, " + f.path + ": ")
	p.Require(len(set.Keys) > 0, "keys", len(set.Keys), "one at least")
	known := map[string]bool{}
	for i, key := range set.Keys {
		item := check.Item("keys", i)
		p.Require(key.KeyID != "" && !known[key.KeyID], item+".kid", key.KeyID, "a name that no other key has")
		known[key.KeyID] = true
		if f.private {
			_, right := key.Key.(ed25519.PrivateKey)
			p.Require(right, item, check.Words("another kind of key"), "a private key of Ed25519")
			continue
		}
		_, right := key.Key.(ed25519.PublicKey)
		p.Require(right, item, check.Words("another kind of key"), "a public key of Ed25519: a private key must not be here")
	}
	return set.Keys, p.Err()
}

// NewKey makes a private key for a signer's file, and its public half for the verifiers'.
func NewKey(name string) (private, public jose.JSONWebKey, err error) {
	seed := make([]byte, SeedBytes)
	if _, err := rand.Read(seed); err != nil {
		return private, public, err
	}
	return KeyOfSeed(name, seed)
}

// SeedBytes is the length of what a key is made of.
const SeedBytes = ed25519.SeedSize

// KeyOfSeed makes the key that belongs to random bytes, which are as secret as the private key.
func KeyOfSeed(name string, seed []byte) (private, public jose.JSONWebKey, err error) {
	if len(seed) != SeedBytes {
		//page:none whoever deploys gate makes the seed
		return private, public, fmt.Errorf("the seed of key %s: got %d bytes, expected %d", name, len(seed), SeedBytes)
	}
	private = jose.JSONWebKey{Key: ed25519.NewKeyFromSeed(seed), KeyID: name, Algorithm: string(jose.EdDSA), Use: "sig"}
	return private, private.Public(), nil
}
