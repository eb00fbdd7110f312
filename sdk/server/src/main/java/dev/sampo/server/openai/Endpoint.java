package dev.sampo.server.openai;

import dev.sampo.server.http.HttpCall;
import java.io.IOException;

/** What answers at one path. */
@FunctionalInterface
interface Endpoint {
  /**
   * Answers.
   *
   * @throws IOException if the client went away
   * @throws ApiException to answer with an error
   */
  void answer(HttpCall call, Deadline deadline) throws IOException;
}
