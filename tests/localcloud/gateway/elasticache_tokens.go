package gateway

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// redisLimit bounds what the gateway asks of the cache server.
const redisLimit = 10 * time.Second

// withheld are the commands that ElastiCache takes from its users.
var withheld = []string{"-acl", "-bgrewriteaof", "-bgsave", "-config", "-debug", "-migrate", "-module", "-psync", "-replicaof", "-save", "-shutdown", "-slaveof", "-sync"}

// cacheTokens are who may use the cache server.
type cacheTokens struct {
	hashes []string // SHA-256 of each token that is valid
	open   bool     // whether some group has no token at all
	none   bool     // whether there is no group
}

// hashToken is all that the gateway keeps of a token, and the form in which the server takes it.
func hashToken(token string) (string, error) {
	if len(token) < 16 || len(token) > 128 || strings.ContainsFunc(token, func(r rune) bool { return r < '!' || r > '~' }) {
		return "", badRequest("InvalidParameterValue", "Invalid AuthToken: 16 to 128 printable characters are expected.")
	}
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:]), nil
}

// take makes a token valid beside the last one, or alone.
func take(tokens []string, hash, strategy string) ([]string, error) {
	switch strategy {
	case "SET":
		return []string{hash}, nil
	case "ROTATE", "":
		kept := slices.DeleteFunc(slices.Clone(tokens), func(t string) bool { return t == hash })
		return append(kept[max(0, len(kept)-1):], hash), nil
	default:
		return nil, badRequest("InvalidParameterValue", "AuthTokenUpdateStrategy %s needs no AuthToken.", strategy)
	}
}

// admit lets in who shows one of the tokens, and nobody else. Without any group the server is emptied too.
func (r Redis) admit(tokens cacheTokens) error {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(r.CA)
	client := redis.NewClient(&redis.Options{
		Addr: r.Address, Username: r.AdminUser, Password: r.AdminPassword, DisableIdentity: true,
		TLSConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
	})
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), redisLimit)
	defer cancel()
	_, err := client.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.Do(ctx, tokens.rule()...)
		if tokens.none {
			p.Do(ctx, "client", "kill", "user", "default")
			p.FlushAll(ctx)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("tell the cache server its tokens: %w", err)
	}
	return nil
}

// rule is the command that describes the user of every client.
func (t cacheTokens) rule() []any {
	rule := []any{"acl", "setuser", "default", "reset"}
	if t.none {
		return rule
	}
	rule = append(rule, "on", "~*", "&*", "+@all")
	for _, command := range withheld {
		rule = append(rule, command)
	}
	if t.open {
		return append(rule, "nopass")
	}
	for _, hash := range t.hashes {
		rule = append(rule, "#"+hash)
	}
	return rule
}
