package dev.sampo.server.http;

import java.io.IOException;

/** Answers requests; in as many threads as there are requests. */
@FunctionalInterface
public interface HttpHandler {
  /**
   * Answers one request.
   *
   * @throws IOException if the client went away
   */
  void handle(HttpCall call) throws IOException;
}
