package elasticache

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// serverLimit bounds what the gateway asks of the cache server.
const serverLimit = 10 * time.Second

// withheldCommands are the commands that ElastiCache takes from its users.
var withheldCommands = []string{"-acl", "-bgrewriteaof", "-bgsave", "-config", "-debug", "-migrate", "-module", "-psync", "-replicaof", "-save", "-shutdown", "-slaveof", "-sync"}

// Server is how the cache server is reached, which speaks TLS alone.
type Server struct {
	Address       string // 127.0.0.1:<port>
	AdminUser     string
	AdminPassword string
	CA            []byte // PEM
}

// authTokens are who may use the cache server.
type authTokens struct {
	hashes []string // SHA-256 of each token that is valid
	open   bool     // whether some group has no token at all
	none   bool     // whether there is no group
}

// hashToken is all that the gateway keeps of a token, and the form in which the server takes it.
func hashToken(token string) (string, error) {
	if len(token) < 16 || len(token) > 128 || strings.ContainsFunc(token, func(r rune) bool { return r < '!' || r > '~' }) {
		return "", awsapi.BadRequest("InvalidParameterValue", "Invalid AuthToken: 16 to 128 printable characters are expected.")
	}
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:]), nil
}

// addToken makes a token valid beside the last one, or alone.
func addToken(tokens []string, hash, strategy string) ([]string, error) {
	switch strategy {
	case "SET":
		return []string{hash}, nil
	case "ROTATE", "":
		kept := slices.DeleteFunc(slices.Clone(tokens), func(t string) bool { return t == hash })
		return append(kept[max(0, len(kept)-1):], hash), nil
	default:
		return nil, awsapi.BadRequest("InvalidParameterValue", "AuthTokenUpdateStrategy %s needs no AuthToken.", strategy)
	}
}

// setTokens admits whoever shows one of the tokens, and nobody else. Without any group the server is emptied too.
func (r Server) setTokens(tokens authTokens) error {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(r.CA)
	ctx, cancel := context.WithTimeout(context.Background(), serverLimit)
	defer cancel()
	connection, err := redis.DialContext(ctx, "tcp", r.Address, redis.DialUsername(r.AdminUser), redis.DialPassword(r.AdminPassword),
		redis.DialUseTLS(true), redis.DialTLSConfig(&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}))
	if err != nil {
		return fmt.Errorf("reach the cache server: %w", err)
	}
	defer connection.Close()
	commands := [][]string{tokens.rule()}
	if tokens.none {
		commands = append(commands, []string{"client", "kill", "user", "default"}, []string{"flushall"})
	}
	if err := transact(ctx, connection, commands); err != nil {
		return fmt.Errorf("set the tokens of the cache server: %w", err)
	}
	return nil
}

// transact runs the commands as one. The server replies to each by itself: the first that failed is the error.
func transact(ctx context.Context, connection redis.Conn, commands [][]string) error {
	errs := []error{connection.Send("multi")}
	for _, c := range commands {
		errs = append(errs, connection.Send(c[0], redis.Args{}.AddFlat(c[1:])...))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	replies, err := redis.Values(redis.DoContext(connection, ctx, "exec"))
	if err != nil {
		return err
	}
	for _, reply := range replies {
		if failed, ok := reply.(redis.Error); ok {
			return failed
		}
	}
	return nil
}

// rule is the command that describes the user of every client.
func (t authTokens) rule() []string {
	rule := []string{"acl", "setuser", "default", "reset"}
	if t.none {
		return rule
	}
	rule = append(rule, "on", "~*", "&*", "+@all")
	rule = append(rule, withheldCommands...)
	if t.open {
		return append(rule, "nopass")
	}
	for _, hash := range t.hashes {
		rule = append(rule, "#"+hash)
	}
	return rule
}
