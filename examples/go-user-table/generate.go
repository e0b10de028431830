package main

// The generated package is not kept in the repository. The plugins are pinned in go.mod and end up in
// GOBIN, which must be on the PATH; protoc is the one thing to bring along.
//
//go:generate go install tool
//go:generate protoc -I ../../proto --go_out=bailiff --go_opt=module=example.test/usertable/bailiff,Mbailiff/v1/events.proto=example.test/usertable/bailiff --go-grpc_out=bailiff --go-grpc_opt=module=example.test/usertable/bailiff,Mbailiff/v1/events.proto=example.test/usertable/bailiff bailiff/v1/events.proto
