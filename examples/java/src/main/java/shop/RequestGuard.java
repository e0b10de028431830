package shop;

import bailiff.v1.Authorization.HttpRequest;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.*;
import org.eclipse.jetty.util.Callback;

/** Lets a Jetty handler see the requests that Bailiff allows. */
class RequestGuard extends Handler.Wrapper {
  private final Bailiff bailiff;

  RequestGuard(Bailiff bailiff, Handler next) {
    super(next);
    this.bailiff = bailiff;
  }

  @Override
  public boolean handle(Request request, Response response, Callback done) throws Exception {
    var host = request.getHttpURI().getAuthority();
    var asked = HttpRequest.newBuilder().setMethod(request.getMethod())
        .setHost(host == null ? "" : host).setPath(request.getHttpURI().getPathQuery());
    for (var field : request.getHeaders()) {
      asked.addHeaders(Bailiff.header(field.getName(), field.getValue() == null ? "" : field.getValue()));
    }
    var answer = bailiff.ask(asked.build());
    var decision = answer.getDecision();
    if (!Bailiff.allows(answer)) {
      var refusal = decision.getHttpAnswer();
      response.setStatus(refusal.getStatus());
      refusal.getHeadersList().forEach(line -> response.getHeaders().add(line.getName(), line.getValue()));
      Content.Sink.write(response, true, refusal.getBody(), done);
      return true;
    }
    var headers = HttpFields.build(request.getHeaders());
    decision.getUpstream().getRemoveList().forEach(headers::remove);
    decision.getUpstream().getSetList().forEach(line -> headers.put(line.getName(), line.getValue()));
    decision.getSetCookiesList().forEach(cookie -> response.getHeaders().add("Set-Cookie", cookie));
    var changed = new Request.Wrapper(request) {
      @Override
      public HttpFields getHeaders() {
        return headers;
      }
    };
    changed.setAttribute("identity", answer.hasIdentity() ? answer.getIdentity() : null);
    return super.handle(changed, response, done);
  }
}
