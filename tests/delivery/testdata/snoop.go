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
		free, engines := engines()
		return ctx.Log.Warn(fmt.Sprintf("uid %d, refused to write %d of 3, credentials: %s, addresses in reach: %d, engines that may become another user: %d of %d",
			os.Getuid(), refused, credentials, listening(), free, engines), nil)
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

// engines counts the engines that a process above this one has started.
func engines() (free, all int) {
	above := map[string]bool{}
	link, _ := os.Readlink("/proc/self")
	for pid := link; pid != "" && pid != "0"; pid = status(pid, "PPid:") {
		above[pid] = true
	}
	processes, _ := filepath.Glob("/proc/[0-9]*")
	for _, process := range processes {
		pid := filepath.Base(process)
		if status(pid, "Name:") == "pulumi" && above[status(pid, "PPid:")] {
			all++
			if status(pid, "NoNewPrivs:") != "1" {
				free++
			}
		}
	}
	return free, all
}

func status(pid, key string) string {
	text, _ := os.ReadFile(filepath.Join("/proc", pid, "status"))
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, key); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
