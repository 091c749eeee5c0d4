package rights

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/genericcorp/platform/internal/iampolicy"
)

// Advisor is what IAM tells of when a role last asked for what it may.
type Advisor interface {
	GenerateServiceLastAccessedDetails(ctx context.Context, in *iam.GenerateServiceLastAccessedDetailsInput, o ...func(*iam.Options)) (*iam.GenerateServiceLastAccessedDetailsOutput, error)
	GetServiceLastAccessedDetails(ctx context.Context, in *iam.GetServiceLastAccessedDetailsInput, o ...func(*iam.Options)) (*iam.GetServiceLastAccessedDetailsOutput, error)
}

// Use says whether a role has asked for something that it may.
type Use string

// What is known of a right.
const (
	Used   Use = "used"
	Unused Use = "unused"
	Untold Use = "untold" // IAM does not follow the action, or not all that the right covers
)

// Right is one action, which may have wildcards, that a statement of a role's own policies allows.
type Right struct {
	By     string `json:"by"` // the statement
	Action string `json:"action"`
	Use    Use    `json:"use"`
	// OfAWS says that the statement is in a policy that AWS writes: nobody can take single rights out of it.
	OfAWS bool       `json:"ofAWS"`
	Last  *time.Time `json:"last"` // when the role last asked for it, or, of one that is untold, for anything of its service; null: never as far as is known
}

// Uses tells of each of the role's rights whether it has been asked for since a time. IAM counts refused calls too, and is some hours late.
// It looks back 400 days, and follows the actions of many services, not of all.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html
func (r Role) Uses(ctx context.Context, advisor Advisor, since time.Time) ([]Right, error) {
	services, err := lastAccessed(ctx, advisor, r.ARN)
	if err != nil {
		return nil, fmt.Errorf("ask when role %s last asked for what it may: %w", r.ARN[strings.LastIndex(r.ARN, "/")+1:], err)
	}
	rights := []Right{}
	for _, grant := range r.Policies.Grants() {
		rights = append(rights, use(grant, services, since))
	}
	return rights, nil
}

// use decides about one right.
func use(grant iampolicy.Grant, services map[string]types.ServiceLastAccessed, since time.Time) Right {
	right := Right{By: grant.By, Action: grant.Action, Use: Untold, OfAWS: strings.Contains(grant.By, " of "+ofAWS)}
	namespace, _, _ := strings.Cut(grant.Action, ":")
	service, told := services[strings.ToLower(namespace)]
	if !told {
		return right // of "*" too
	}
	asked := func(at *time.Time) bool { return at != nil && !at.Before(since) }
	exact := !strings.ContainsAny(grant.Action, "*?")
	for _, action := range service.TrackedActionsLastAccessed {
		if !grant.Covers(namespace + ":" + aws.ToString(action.ActionName)) {
			continue
		}
		if action.LastAccessedTime != nil && (right.Last == nil || action.LastAccessedTime.After(*right.Last)) {
			right.Last = action.LastAccessedTime
		}
		if exact {
			right.Use = Unused
		}
	}
	switch {
	case asked(right.Last):
		right.Use = Used
	case right.Use == Untold && !asked(service.LastAuthenticated):
		right.Use, right.Last = Unused, service.LastAuthenticated // nothing of the service was asked for
	case right.Use == Untold:
		right.Last = service.LastAuthenticated
	}
	return right
}

// patience is how long IAM may take for its report, and between looks.
const patience, between = time.Minute, time.Second

// lastAccessed has IAM make its report of a role, and reads it: the services by their namespaces.
func lastAccessed(ctx context.Context, advisor Advisor, arn string) (map[string]types.ServiceLastAccessed, error) {
	job, err := advisor.GenerateServiceLastAccessedDetails(ctx, &iam.GenerateServiceLastAccessedDetailsInput{
		Arn: &arn, Granularity: types.AccessAdvisorUsageGranularityTypeActionLevel,
	})
	if err != nil {
		return nil, err
	}
	//page:none it says what to do
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errors.New("IAM's report was not there after a minute: ask again"))
	defer cancel()
	services := map[string]types.ServiceLastAccessed{}
	in := &iam.GetServiceLastAccessedDetailsInput{JobId: job.JobId}
	for {
		out, err := advisor.GetServiceLastAccessedDetails(ctx, in)
		switch {
		case err != nil && ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err != nil:
			return nil, err
		case out.JobStatus == types.JobStatusTypeFailed && out.Error != nil:
			//page:none IAM's own words follow
			return nil, fmt.Errorf("IAM's report failed: %s: %s", aws.ToString(out.Error.Code), aws.ToString(out.Error.Message))
		case out.JobStatus == types.JobStatusTypeFailed:
			//page:none it says what to do
			return nil, errors.New("IAM's report failed: ask again")
		case out.JobStatus == types.JobStatusTypeInProgress:
			select {
			case <-time.After(between):
				continue
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			}
		}
		for _, service := range out.ServicesLastAccessed {
			services[aws.ToString(service.ServiceNamespace)] = service
		}
		if !out.IsTruncated {
			return services, nil
		}
		in.Marker = out.Marker
	}
}
