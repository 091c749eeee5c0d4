// Snoop is a program that looks around instead of describing a stack.
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		refused := 0
		self, _ := os.Executable()
		for _, path := range []string{self, "/etc/passwd", "/proc/1/environ"} {
			if file, err := os.OpenFile(path, os.O_WRONLY, 0); err != nil {
				refused++
			} else {
				_ = file.Close()
			}
		}
		found := []string{}
		for _, line := range os.Environ() {
			key, _, _ := strings.Cut(line, "=")
			if strings.HasPrefix(key, "AWS_") || strings.HasPrefix(key, "GITHUB_") || key == "HOME" || key == "PULUMI_BACKEND_URL" || strings.Contains(key, "PASSPHRASE") {
				found = append(found, key)
			}
		}
		credentials := strings.Join(found, " ")
		if credentials == "" {
			credentials = "none"
		}
		others, sockets := files()
		return ctx.Log.Warn(fmt.Sprintf("uid %d, refused to write %d of 3, credentials: %s, addresses in reach: %d, processes of others: %d, files of others: %d, sockets: %s\r\n# heading\r# heading",
			os.Getuid(), refused, credentials, listening(), processes(), others, sockets), nil)
	})
}

// listening counts the servers in the program's own network.
func listening() (count int) {
	for _, file := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		text, _ := os.ReadFile(file)
		count += max(bytes.Count(text, []byte("\n"))-1, 0)
	}
	return count
}

// processes counts those that are neither this one nor above it.
func processes() (others int) {
	above := map[string]bool{}
	link, _ := os.Readlink("/proc/self")
	for pid := link; pid != "" && pid != "0"; pid = parent(pid) {
		above[pid] = true
	}
	all, _ := filepath.Glob("/proc/[0-9]*")
	for _, process := range all {
		if !above[filepath.Base(process)] {
			others++
		}
	}
	return others
}

func parent(pid string) string {
	text, _ := os.ReadFile(filepath.Join("/proc", pid, "status"))
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, "PPid:"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// files counts what is on this machine beside its libraries, this program and what is there for it, and names the sockets.
func files() (others int, sockets string) {
	self, _ := os.Executable()
	own := filepath.Dir(self)
	for _, folder := range []string{"/etc", "/home", "/root", "/run", "/srv", "/opt", "/sys", "/var", "/boot", "/mnt"} {
		if _, err := os.Stat(folder); err == nil {
			others++
		}
	}
	_ = filepath.WalkDir("/tmp", func(path string, entry os.DirEntry, err error) error {
		switch {
		case err != nil:
		case entry.Type()&os.ModeSocket != 0:
			sockets = strings.TrimSpace(sockets + " " + filepath.Base(path))
		case !strings.HasPrefix(path, own) && !strings.HasPrefix(own, path):
			others++
		}
		return nil
	})
	return others, sockets
}
