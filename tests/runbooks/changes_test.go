package runbooks

import (
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// changes finds the command of a block that changes something, functions that the block defines included; empty if it only reads.
func (b block) changes() (found string) {
	file, err := b.shell()
	if err != nil {
		return "" // parse has said so
	}
	source := func(node syntax.Node) string { return b.body[node.Pos().Offset():node.End().Offset()] }
	syntax.Walk(file, func(node syntax.Node) bool {
		var words []string
		text := ""
		switch node := node.(type) {
		case *syntax.Stmt:
			call, ok := node.Cmd.(*syntax.CallExpr)
			if !ok {
				return true
			}
			for _, word := range call.Args {
				words = append(words, strings.Trim(source(word), `"'`))
			}
			text = source(node)
			for _, redirect := range node.Redirs {
				if redirect.Hdoc != nil {
					text += source(redirect.Hdoc)
				}
			}
		default:
			return true
		}
		if found == "" && len(words) > 1 && changing(words, text) {
			found, _, _ = strings.Cut(text, "\n")
		}
		return true
	})
	return found
}

// What of each program changes something in AWS, in the cluster, in a database or in a state. What makes a new archive or a file
// of one's own does not.
var (
	tenantChanges = []string{"create", "suspend", "resume", "rotate", "tier", "restore", "offboard", "bill-to"}
	pulumiChanges = []string{"cancel", "import", "refresh", "up", "destroy", "taint", "delete", "set", "init"}
	awsReads      = regexp.MustCompile(`^(describe|list|get|lookup|filter|head|wait|ls|assume|update-kubeconfig|simulate|start-query|select)`)
	kubectlReads  = regexp.MustCompile(`^(get|describe|logs|top|auth|wait|version|config|api-resources|exec|port-forward)$`)
	sqlChanges    = regexp.MustCompile(`(?i)\b(delete from|drop|truncate|update|insert|alter|vacuum|copy \S+ from|grant|setval)\b`)
)

func changing(words []string, text string) bool {
	has := func(word string) bool { return slices.Contains(words, word) }
	anyOf := func(of []string) bool { return slices.ContainsFunc(of, has) }
	switch words[0] {
	case "platform":
		return !has("--dry-run") && !has("--help") &&
			(has("up") || has("drill") || has("bootstrap") || has("tenant") && anyOf(tenantChanges) || has("billing") && has("run") ||
				has("report") && has("send") ||
				has("migrate") && (has("hold") || has("resume")))
	case "pulumi":
		return anyOf(pulumiChanges) && !has("--preview-only")
	case "aws":
		if len(words) > 3 && words[1] == "s3" && words[2] == "cp" {
			return !has("-")
		}
		return len(words) > 2 && !awsReads.MatchString(words[2])
	case "kubectl":
		return !kubectlReads.MatchString(words[1]) && !has("status") && !has("history") && !strings.Contains(text, "--dry-run")
	case "psql":
		return sqlChanges.MatchString(text)
	case "gh":
		return !has("view") && !has("list") && !has("api")
	}
	return false
}
