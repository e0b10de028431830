// Package shop holds a client of Bailiff and a service that it guards.
package shop

// The generated packages are not kept in the repository. The plugins are pinned in go.mod and end up
// in GOBIN, which must be on the PATH; protoc is the one thing to bring along.
//
//go:generate go install tool
//go:generate protoc -I ../../proto -I ../proto --go_out=. --go_opt=module=example.test/shop,Mbailiff/v1/authorization.proto=example.test/shop/bailiff,Mshop/v1/invoices.proto=example.test/shop/invoices --go-grpc_out=. --go-grpc_opt=module=example.test/shop,Mbailiff/v1/authorization.proto=example.test/shop/bailiff,Mshop/v1/invoices.proto=example.test/shop/invoices bailiff/v1/authorization.proto shop/v1/invoices.proto
