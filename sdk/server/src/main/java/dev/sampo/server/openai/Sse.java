package dev.sampo.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.server.http.HttpCall;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** A stream of events; begins with the first of them. */
final class Sse implements AutoCloseable {
  private final HttpCall call;
  private @Nullable OutputStream out;

  Sse(HttpCall call) {
    this.call = call;
  }

  private void send(String text) throws IOException {
    OutputStream stream = out;
    if (stream == null) {
      call.setHeader("Cache-Control", "no-store");
      call.setHeader("X-Accel-Buffering", "no");
      stream = call.begin(200, "text/event-stream; charset=utf-8");
      out = stream;
    }
    stream.write(text.getBytes(StandardCharsets.UTF_8));
    stream.flush();
  }

  void event(JsonNode json) throws IOException {
    send("data: " + json + "\n\n");
  }

  /** Nothing that a client reads: finds out whether it is still there. */
  void comment(String text) throws IOException {
    send(": " + text + "\n\n");
  }

  /** With its name, which clients look for: as a bare event, some take it for the end. */
  void error(ApiException e) throws IOException {
    send("event: error\ndata: " + e.toJson() + "\n\n");
  }

  void done() throws IOException {
    send("data: [DONE]\n\n");
  }

  @Override
  public void close() throws IOException {
    if (out != null) {
      out.close();
    }
  }
}
