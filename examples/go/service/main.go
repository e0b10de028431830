// A service that has Bailiff guard its HTTP route and its gRPC method.
//
//	go generate && BAILIFF_ADDRESS=127.0.0.1:9191 go run ./service
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"log"
	"net"
	"net/http"
	"os"

	"example.test/shop/bailiff"
	"example.test/shop/guard"
	"example.test/shop/invoices"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

type service struct {
	invoices.UnimplementedInvoiceServiceServer
}

func (service) GetInvoice(ctx context.Context, asked *invoices.GetInvoiceRequest) (*invoices.Invoice, error) {
	return &invoices.Invoice{Id: asked.Id, ReadBy: guard.Identity(ctx).GetUserId()}, nil
}

func getInvoice(w http.ResponseWriter, r *http.Request) {
	json.NewEncoder(w).Encode(map[string]any{
		"id": r.PathValue("id"), "read_by": guard.Identity(r.Context()).GetUserId(),
		// Only what Bailiff says is left of the identity headers.
		"headers": map[string][]string{"x-user-id": r.Header.Values("X-User-Id"), "x-org-id": r.Header.Values("X-Org-Id")},
	})
}

func main() {
	address := cmp.Or(os.Getenv("BAILIFF_ADDRESS"), "127.0.0.1:9191")
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	check(err)
	guard := guard.Guard{Bailiff: bailiff.NewAuthorizationServiceClient(connection)}

	calls := grpc.NewServer(grpc.UnaryInterceptor(guard.GRPC))
	invoices.RegisterInvoiceServiceServer(calls, service{})
	listener, err := net.Listen("tcp", "127.0.0.1:"+cmp.Or(os.Getenv("GRPC_PORT"), "50051"))
	check(err)
	go func() { check(calls.Serve(listener)) }()

	routes := http.NewServeMux()
	routes.HandleFunc("GET /orgs/{org}/invoices/{id}", getInvoice)
	check(http.ListenAndServe("127.0.0.1:"+cmp.Or(os.Getenv("HTTP_PORT"), "8080"), guard.HTTP(routes)))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
