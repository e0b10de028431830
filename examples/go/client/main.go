// Asks Bailiff from Go: may this session do that, and whose session is it?
//
//	go generate
//	BAILIFF_ADDRESS=127.0.0.1:9191 go run ./client "$SESSION_TOKEN"
//
// Prints one JSON line.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"log"
	"os"
	"time"

	"example.test/shop/bailiff"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

func main() {
	address := cmp.Or(os.Getenv("BAILIFF_ADDRESS"), "127.0.0.1:9191")
	token := os.Getenv("BAILIFF_TOKEN")
	if len(os.Args) > 1 {
		token = os.Args[1]
	}
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	check(err)
	defer connection.Close()
	client := bailiff.NewAuthorizationServiceClient(connection)
	credential := &bailiff.Credential{Source: &bailiff.Credential_Token{Token: token}}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()

	// A request that this service received, judged by the `routes` of the policy.
	request := &bailiff.HttpRequest{Method: "GET", Host: "shop.test", Path: "/orgs/acme/invoices/7"}
	http, err := client.Authorize(ctx, &bailiff.AuthorizeRequest{
		Credential: credential,
		Question:   &bailiff.AuthorizeRequest_Http{Http: request},
	})
	check(err)

	// The same question as `has({ permission: ... })`, with no policy entry involved.
	needed := &bailiff.Requirement{Permissions: []string{"org:invoices:manage"}}
	requirement, err := client.Authorize(ctx, &bailiff.AuthorizeRequest{
		Credential: credential,
		Question:   &bailiff.AuthorizeRequest_Requirement{Requirement: needed},
	})
	check(err)

	// Whose token it is. A refusal above is an answer; here a bad token is an error.
	var who map[string]any
	claims, err := client.GetClaims(ctx, &bailiff.GetClaimsRequest{Credential: credential})
	if err != nil {
		who = map[string]any{"code": status.Code(err).String(), "message": status.Convert(err).Message()}
	} else {
		who = map[string]any{"user": claims.Identity.UserId, "claims": claims.Claims.AsMap()}
	}
	check(json.NewEncoder(os.Stdout).Encode(map[string]any{
		"http": verdict(http), "requirement": verdict(requirement), "who": who,
	}))
}

func verdict(answer *bailiff.AuthorizeResponse) map[string]any {
	decision := answer.Decision
	return map[string]any{
		"effect": decision.Effect.String(), "reason": decision.Reason,
		"rule": decision.Rule, "status": decision.HttpAnswer.GetStatus(),
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
