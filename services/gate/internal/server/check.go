package server

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"time"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	typev3 "github.com/envoyproxy/go-control-plane/envoy/type/v3"
	rpcstatus "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/genericcorp/platform/internal/edge"
	"github.com/genericcorp/platform/services/gate/api"
	"github.com/genericcorp/platform/services/gate/api/identity"
	"github.com/genericcorp/platform/services/gate/internal/decision"
	"github.com/genericcorp/platform/services/gate/internal/denials"
	"github.com/genericcorp/platform/services/gate/internal/leases"
)

// Authorization answers the proxy about each request.
type Authorization struct {
	authv3.UnimplementedAuthorizationServer

	Gate    decision.Gate
	Leases  Leases
	Signer  *identity.Signer
	Denials *denials.Log
	Now     func() time.Time
}

// Leases bounds how many requests of a tenant are under way.
type Leases interface {
	// Take takes a lease for a request. Its error is leases.ErrTooMany, or says that nobody knows.
	Take(ctx context.Context, tenant, lease string, most int) error
	// End gives it back, or does nothing where there is none of that name.
	End(tenant, lease string)
}

// Check implements the proxy's question. An error of it closes, too: the proxy is told to let nobody in without an answer.
// https://www.envoyproxy.io/docs/envoy/v1.37.0/api-v3/service/auth/v3/external_auth.proto
func (a *Authorization) Check(ctx context.Context, question *authv3.CheckRequest) (*authv3.CheckResponse, error) {
	attributes := question.GetAttributes()
	http := attributes.GetRequest().GetHttp()
	decided := a.Gate.Decide(decision.Request{
		Method: http.GetMethod(), Path: http.GetPath(), Host: http.GetHost(), SNI: attributes.GetTlsSession().GetSni(), Headers: http.GetHeaders(),
	})
	lease := cmp.Or(http.GetHeaders()[edge.HeaderRequest], rand.Text()) // a proxy that tells none is told it, and tells it at the end
	denial := a.admit(ctx, decided, lease)
	if denial != nil {
		level := slog.LevelInfo
		if denial.Error.Code == api.CodeUnavailable {
			level = slog.LevelError // it should have known
		}
		// The path and the headers may hold secrets.
		a.Denials.Write(denials.Denial{
			ID: http.GetId(), Tenant: denial.Tenant, Status: denial.Status, Code: denial.Error.Code, Cause: denial.Cause, Level: level,
		})
		return denied(denial.Tenant, denial.Answer(http.GetHeaders()["accept"])), nil
	}
	response, err := a.allowed(decided, lease)
	if err != nil {
		a.Leases.End(decided.Tenant.Slug, lease)
		a.Denials.Write(denials.Denial{
			ID: http.GetId(), Tenant: decided.Tenant.Slug, Status: int(typev3.StatusCode_ServiceUnavailable), Code: api.CodeUnavailable, Cause: err.Error(), Level: slog.LevelError,
		})
	}
	return response, err
}

// admit gives a request that may pass its lease, last of all: who is refused takes no place from others.
func (a *Authorization) admit(ctx context.Context, decided decision.Decision, lease string) *decision.Denial {
	if decided.Denial != nil {
		return decided.Denial
	}
	err := a.Leases.Take(ctx, decided.Tenant.Slug, lease, decided.Tier.Limits.ConcurrentRequests)
	switch {
	case errors.Is(err, leases.ErrTooMany):
		return decision.AtOnce(decided.Tenant.Slug)
	case err != nil:
		return decision.Uncounted(decided.Tenant.Slug, err)
	}
	return nil
}

func (a *Authorization) allowed(decided decision.Decision, lease string) (*authv3.CheckResponse, error) {
	token, err := a.Signer.Sign(identity.Identity{Tenant: decided.Tenant.Slug, Tier: decided.Tier.Name}, a.Now())
	if err != nil {
		return nil, err
	}
	limits := decided.Tier.Limits
	metadata, err := structpb.NewStruct(map[string]any{
		edge.MetadataTenant: decided.Tenant.Slug,
		edge.MetadataTier:   decided.Tier.Name,
		edge.MetadataLease:  lease,
		edge.MetadataSecond: map[string]any{edge.LimitAmount: limits.RequestsPerSecond, edge.LimitUnit: edge.UnitSecond},
		edge.MetadataDay:    map[string]any{edge.LimitAmount: limits.RequestsPerDay, edge.LimitUnit: edge.UnitDay},
	})
	if err != nil {
		return nil, err
	}
	return &authv3.CheckResponse{
		Status:          &rpcstatus.Status{Code: int32(codes.OK)},
		DynamicMetadata: metadata,
		HttpResponse: &authv3.CheckResponse_OkResponse{OkResponse: &authv3.OkHttpResponse{
			Headers: headers(map[string]string{edge.HeaderIdentity: token}),
		}},
	}, nil
}

// denied tells the proxy whose request it was, for what is written down and counted, and no tier: that is told of what may pass.
func denied(tenant string, answer decision.Answer) *authv3.CheckResponse {
	var metadata *structpb.Struct
	if tenant != "" {
		metadata = &structpb.Struct{Fields: map[string]*structpb.Value{edge.MetadataTenant: structpb.NewStringValue(tenant)}}
	}
	return &authv3.CheckResponse{
		DynamicMetadata: metadata,
		Status:          &rpcstatus.Status{Code: int32(codes.PermissionDenied)},
		HttpResponse: &authv3.CheckResponse_DeniedResponse{DeniedResponse: &authv3.DeniedHttpResponse{
			Status:  &typev3.HttpStatus{Code: typev3.StatusCode(answer.Status)}, //nolint:gosec // a status
			Headers: headers(answer.Headers), Body: answer.Body,
		}},
	}
}

// headers set each header, whatever there was of that name.
func headers(values map[string]string) []*corev3.HeaderValueOption {
	var list []*corev3.HeaderValueOption
	for name, value := range values {
		list = append(list, &corev3.HeaderValueOption{
			Header: &corev3.HeaderValue{Key: name, Value: value}, AppendAction: corev3.HeaderValueOption_OVERWRITE_IF_EXISTS_OR_ADD,
		})
	}
	return list
}
