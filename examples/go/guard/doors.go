package guard

import (
	"context"
	"io"
	"net/http"

	"example.test/shop/bailiff"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// HTTP lets a handler see the requests that Bailiff allows.
func (guard Guard) HTTP(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, err := guard.ask(r.Context(), r.Method, r.Host, r.RequestURI, r.Header)
		if err != nil {
			http.Error(w, "authorization is unavailable", http.StatusServiceUnavailable)
			return
		}
		decision := answer.GetDecision()
		if decision.GetEffect() != bailiff.Effect_EFFECT_ALLOW {
			for _, header := range decision.GetHttpAnswer().GetHeaders() {
				w.Header().Add(header.Name, header.Value)
			}
			w.WriteHeader(int(decision.GetHttpAnswer().GetStatus()))
			io.WriteString(w, decision.GetHttpAnswer().GetBody())
			return
		}
		for _, name := range decision.GetUpstream().GetRemove() {
			r.Header.Del(name)
		}
		for _, header := range decision.GetUpstream().GetSet() {
			r.Header.Set(header.Name, header.Value)
		}
		for _, cookie := range decision.GetSetCookies() {
			w.Header().Add("Set-Cookie", cookie)
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), identity{}, answer.Identity)))
	})
}

// GRPC lets a service see the calls that Bailiff allows, asked about as a proxy would see them.
func (guard Guard) GRPC(ctx context.Context, message any, call *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	headers, _ := metadata.FromIncomingContext(ctx)
	host := append(headers.Get(":authority"), "")[0]
	delete(headers, ":authority")
	answer, err := guard.ask(ctx, http.MethodPost, host, call.FullMethod, headers)
	if err != nil {
		return nil, status.Error(codes.Unavailable, "authorization is unavailable")
	}
	decision := answer.GetDecision()
	if decision.GetEffect() != bailiff.Effect_EFFECT_ALLOW {
		return nil, status.Error(grpcCode(decision.GetHttpAnswer()), decision.GetHttpAnswer().GetBody())
	}
	return next(context.WithValue(ctx, identity{}, answer.Identity), message)
}
