package shop;

import bailiff.v1.Authorization.HttpRequest;
import io.grpc.*;

/** Lets a gRPC service see the calls that Bailiff allows, asked about as a proxy would see them. */
record CallGuard(Bailiff bailiff) implements ServerInterceptor {
  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata metadata, ServerCallHandler<Q, A> next) {
    var asked = HttpRequest.newBuilder().setMethod("POST")
        .setHost(call.getAuthority() == null ? "" : call.getAuthority())
        .setPath("/" + call.getMethodDescriptor().getFullMethodName())
        .addHeaders(Bailiff.header("content-type", "application/grpc"));
    for (var name : metadata.keys()) {
      if (name.endsWith("-bin") || name.equals("content-type")) continue;
      for (var value : metadata.getAll(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER))) {
        asked.addHeaders(Bailiff.header(name, value));
      }
    }
    var answer = bailiff.ask(asked.build());
    if (!Bailiff.allows(answer)) {
      call.close(Bailiff.grpcStatus(answer.getDecision().getHttpAnswer()), new Metadata());
      return new ServerCall.Listener<>() {};
    }
    var caller = answer.hasIdentity() ? answer.getIdentity() : null;
    var context = Context.current().withValue(Bailiff.IDENTITY, caller);
    return Contexts.interceptCall(context, call, metadata, next);
  }
}
