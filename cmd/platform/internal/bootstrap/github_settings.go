package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// subject wants the tokens of the workflows to say what the roles' trust asks for (account.subject).
func (r *repository) subject() desired {
	path := r.path("/actions/oidc/customization/sub")
	return desired{
		resource: "tokens of workflows", aspect: "subject", want: strings.Join(subjectClaims, " "),
		read: func(ctx context.Context) (string, error) {
			var found struct {
				Default bool     `json:"use_default"`
				Claims  []string `json:"include_claim_keys"`
			}
			if err := r.call(ctx, "GET", path, nil, &found); err != nil {
				return "", err
			}
			if found.Default {
				return "GitHub's default", nil
			}
			return strings.Join(found.Claims, " "), nil
		},
		write: func(ctx context.Context) error {
			return r.call(ctx, "PUT", path, map[string]any{"use_default": false, "include_claim_keys": subjectClaims}, nil)
		},
	}
}

// workflowToken wants the token that every job gets to read, unless the job says otherwise, and to approve nothing.
func (r *repository) workflowToken() desired {
	path := r.path("/actions/permissions/workflow")
	return desired{
		resource: "tokens of workflows", aspect: "permissions on the repository", want: "read, no approval of pull requests",
		read: func(ctx context.Context) (string, error) {
			var found struct {
				Default string `json:"default_workflow_permissions"`
				Approve bool   `json:"can_approve_pull_request_reviews"`
			}
			if err := r.call(ctx, "GET", path, nil, &found); err != nil {
				return "", err
			}
			if found.Approve {
				return found.Default + ", approval of pull requests", nil
			}
			return found.Default + ", no approval of pull requests", nil
		},
		write: func(ctx context.Context) error {
			return r.call(ctx, "PUT", path, map[string]any{"default_workflow_permissions": "read", "can_approve_pull_request_reviews": false}, nil)
		},
	}
}

// privateReports wants the way in which SECURITY.md asks for reports.
func (r *repository) privateReports() desired {
	path := r.path("/private-vulnerability-reporting")
	return desired{
		resource: "repository", aspect: "private reports of weaknesses", want: "true",
		read: func(ctx context.Context) (string, error) {
			var found struct{ Enabled bool }
			err := r.call(ctx, "GET", path, nil, &found)
			return fmt.Sprint(found.Enabled), err
		},
		write: func(ctx context.Context) error { return r.call(ctx, "PUT", path, nil, nil) },
	}
}

// variable wants one variable of the workflows (docs/delivery.md).
func (r *repository) variable(name, value string) desired {
	path := r.path("/actions/variables")
	return desired{
		resource: "variable " + name, aspect: "value", want: value,
		read: func(ctx context.Context) (string, error) {
			var found struct{ Value string }
			err := r.call(ctx, "GET", path+"/"+name, nil, &found)
			return found.Value, err
		},
		write: func(ctx context.Context) error {
			given := map[string]string{"name": name, "value": value}
			err := r.call(ctx, "PATCH", path+"/"+name, given, nil)
			if errors.Is(err, errAbsent) {
				return r.call(ctx, "POST", path, given, nil)
			}
			return err
		},
	}
}
