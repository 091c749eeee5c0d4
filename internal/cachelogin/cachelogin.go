// Package cachelogin reaches the platform's cache with what its secret says, which is a file beside each program that may use it.
package cachelogin

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"
)

// File is the cache's secret in a file. It is read again for each connection, so that a rotation needs no restart.
type File struct {
	Path  string
	Roots *x509.CertPool // may have signed the cache's certificate; nil: the machine's
	// Patience is how long a connection may take, with TLS and without the login.
	Patience time.Duration
}

// Secret is what the file holds (components/cache writes it).
type Secret struct {
	Host  string `json:"host"`
	Port  int    `json:"port"`
	Token string `json:"token"`
	TLS   bool   `json:"tls"`
}

// Read reads the file. No error quotes it.
func (f File) Read() (found Secret, err error) {
	text, err := os.ReadFile(f.Path)
	if err != nil {
		return found, fmt.Errorf("read how to log in to the cache: %w", err)
	}
	if json.Unmarshal(text, &found) != nil || found.Host == "" || found.Port == 0 || found.Token == "" {
		// An error of json would quote the secret.
		//page:none the component of the cache writes the secret, and the message says what is right
		return Secret{}, fmt.Errorf("%s: the cache's secret is wrong: expected JSON with host, port, token and tls", f.Path)
	}
	return found, nil
}

// Connect opens a connection to where a secret says, which is not logged in yet.
func (f File) Connect(ctx context.Context, to Secret) (net.Conn, error) {
	address, plain := net.JoinHostPort(to.Host, strconv.Itoa(to.Port)), &net.Dialer{Timeout: f.Patience}
	if !to.TLS {
		return plain.DialContext(ctx, "tcp", address)
	}
	secure := tls.Dialer{NetDialer: plain, Config: &tls.Config{RootCAs: f.Roots, ServerName: to.Host, MinVersion: tls.VersionTLS12}}
	return secure.DialContext(ctx, "tcp", address)
}

// Dial reads the file and connects. It is the Dialer of a client, whose own network and address mean nothing.
func (f File) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	found, err := f.Read()
	if err != nil {
		return nil, err
	}
	return f.Connect(ctx, found)
}

// Credentials are those in the file, for the cache's default user, who has no name.
func (f File) Credentials(context.Context) (user, password string, err error) {
	found, err := f.Read()
	return "", found.Token, err
}
