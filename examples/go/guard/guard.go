// Package guard has Bailiff decide about HTTP requests and gRPC calls before a service sees them.
package guard

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"example.test/shop/bailiff"
	"google.golang.org/grpc/codes"
)

// Guard asks one Bailiff.
type Guard struct {
	Bailiff bailiff.AuthorizationServiceClient
}

type identity struct{}

// Identity is whom Bailiff named to the handler of this context; nil where nobody is signed in.
func Identity(ctx context.Context) *bailiff.Identity {
	caller, _ := ctx.Value(identity{}).(*bailiff.Identity)
	return caller
}

// What cannot be answered in time is an error, and nobody gets in.
func (guard Guard) ask(ctx context.Context, method, host, path string, headers map[string][]string) (*bailiff.AuthorizeResponse, error) {
	request := &bailiff.HttpRequest{Method: method, Host: host, Path: path}
	for name, values := range headers {
		for _, value := range values {
			request.Headers = append(request.Headers, &bailiff.HttpHeader{Name: name, Value: value})
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
	defer cancel()
	return guard.Bailiff.Authorize(ctx, &bailiff.AuthorizeRequest{Question: &bailiff.AuthorizeRequest_Http{Http: request}})
}

// Refusals come with an HTTP status, and with a gRPC status where that does not follow from it.
func grpcCode(refusal *bailiff.HttpAnswer) codes.Code {
	for _, header := range refusal.GetHeaders() {
		if code, err := strconv.Atoi(header.Value); err == nil && header.Name == "grpc-status" {
			return codes.Code(code)
		}
	}
	switch refusal.GetStatus() {
	case http.StatusUnauthorized:
		return codes.Unauthenticated
	case http.StatusForbidden:
		return codes.PermissionDenied
	}
	return codes.Unavailable
}
