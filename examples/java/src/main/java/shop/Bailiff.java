package shop;

import bailiff.v1.Authorization.*;
import com.google.protobuf.Message;
import io.grpc.*;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import java.util.concurrent.TimeUnit;

/** Asks Bailiff. What cannot be answered in time is refused. */
record Bailiff(Channel channel) {
  private static final MethodDescriptor<AuthorizeRequest, AuthorizeResponse> AUTHORIZE = unary(
      "bailiff.v1.AuthorizationService/Authorize",
      AuthorizeRequest.getDefaultInstance(), AuthorizeResponse.getDefaultInstance());
  /** Whom Bailiff named to the running gRPC handler; null where nobody is signed in. */
  static final Context.Key<Identity> IDENTITY = Context.key("identity");

  AuthorizeResponse ask(HttpRequest request) {
    try {
      var question = AuthorizeRequest.newBuilder().setHttp(request).build();
      var inTime = CallOptions.DEFAULT.withDeadlineAfter(500, TimeUnit.MILLISECONDS);
      return ClientCalls.blockingUnaryCall(channel, AUTHORIZE, inTime, question);
    } catch (StatusRuntimeException error) {
      var refusal = HttpAnswer.newBuilder().setStatus(503).setBody("authorization is unavailable");
      return AuthorizeResponse.newBuilder().setDecision(Decision.newBuilder().setHttpAnswer(refusal)).build();
    }
  }

  /** What the gRPC plugin of protoc would generate. */
  static <Q extends Message, A extends Message> MethodDescriptor<Q, A> unary(String name, Q asked, A answered) {
    return MethodDescriptor.newBuilder(ProtoUtils.marshaller(asked), ProtoUtils.marshaller(answered))
        .setType(MethodDescriptor.MethodType.UNARY).setFullMethodName(name).build();
  }

  static boolean allows(AuthorizeResponse answer) {
    return answer.getDecision().getEffect() == Effect.EFFECT_ALLOW;
  }

  static HttpHeader header(String name, String value) {
    return HttpHeader.newBuilder().setName(name).setValue(value).build();
  }

  /** Refusals come with an HTTP status, and with a gRPC status where that does not follow from it. */
  static Status grpcStatus(HttpAnswer refusal) {
    var follows = switch (refusal.getStatus()) {
      case 401 -> Status.Code.UNAUTHENTICATED;
      case 403 -> Status.Code.PERMISSION_DENIED;
      default -> Status.Code.UNAVAILABLE;
    };
    return refusal.getHeadersList().stream()
        .filter(line -> line.getName().equals("grpc-status"))
        .map(line -> Status.fromCodeValue(Integer.parseInt(line.getValue())))
        .findFirst()
        .orElse(follows.toStatus())
        .withDescription(refusal.getBody());
  }
}
