package shop;

import bailiff.v1.Authorization.Identity;
import io.grpc.*;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.*;
import java.net.InetSocketAddress;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.*;
import org.eclipse.jetty.util.Callback;
import shop.v1.*;

/** A service that has Bailiff guard its HTTP route and its gRPC method: mvn package, see docs/clients.md. */
class Service {
  private static void getInvoice(GetInvoiceRequest asked, StreamObserver<Invoice> answer) {
    var caller = Bailiff.IDENTITY.get();
    var reader = caller == null ? "" : caller.getUserId();
    answer.onNext(Invoice.newBuilder().setId(asked.getId()).setReadBy(reader).build());
    answer.onCompleted();
  }

  static class Routes extends Handler.Abstract {
    @Override
    public boolean handle(Request request, Response response, Callback done) {
      var path = Request.getPathInContext(request).split("/");
      if (path.length != 5 || !path[1].equals("orgs") || !path[3].equals("invoices")) return false;
      var caller = (Identity) request.getAttribute("identity");
      // Only what Bailiff says is left of the identity headers.
      var body = "{\"id\": \"%s\", \"read_by\": \"%s\", \"headers\": {\"x-user-id\": %s, \"x-org-id\": %s}}"
          .formatted(path[4], caller == null ? "" : caller.getUserId(),
              values(request, "x-user-id"), values(request, "x-org-id"));
      response.getHeaders().put("Content-Type", "application/json");
      Content.Sink.write(response, true, body, done);
      return true;
    }

    private static String values(Request request, String name) {
      return request.getHeaders().getValuesList(name).stream().map(value -> '"' + value + '"').toList().toString();
    }
  }

  public static void main(String[] arguments) throws Exception {
    var address = System.getenv().getOrDefault("BAILIFF_ADDRESS", "127.0.0.1:9191");
    var channel = Grpc.newChannelBuilder(address, InsecureChannelCredentials.create()).build();
    var bailiff = new Bailiff(channel);

    var method = Bailiff.unary("shop.v1.InvoiceService/GetInvoice",
        GetInvoiceRequest.getDefaultInstance(), Invoice.getDefaultInstance());
    var service = ServerServiceDefinition.builder("shop.v1.InvoiceService")
        .addMethod(method, ServerCalls.asyncUnaryCall(Service::getInvoice)).build();
    var port = Integer.parseInt(System.getenv().getOrDefault("GRPC_PORT", "50051"));
    NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", port))
        .intercept(new CallGuard(bailiff)).addService(service).build().start();

    port = Integer.parseInt(System.getenv().getOrDefault("HTTP_PORT", "8080"));
    var server = new org.eclipse.jetty.server.Server(new InetSocketAddress("127.0.0.1", port));
    server.setHandler(new RequestGuard(bailiff, new Routes()));
    server.start();
  }
}
