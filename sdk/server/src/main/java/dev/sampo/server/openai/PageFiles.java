package dev.sampo.server.openai;

import dev.sampo.server.http.HttpCall;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Map;

/** The page at {@code /}: files of this jar. */
final class PageFiles implements Endpoint {
  private static final String FOLDER = "/dev/sampo/server/page/";

  /** Nothing from elsewhere, and no page of another site around it. */
  private static final String POLICY =
      "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; base-uri 'none';"
          + " form-action 'none'; frame-ancestors 'none'";

  private record Entry(String file, String type) {}

  private final Map<String, Entry> files = new HashMap<>();

  PageFiles() {
    files.put("/", new Entry("index.html", "text/html; charset=utf-8"));
    files.put("/page.css", new Entry("page.css", "text/css; charset=utf-8"));
    files.put("/favicon.svg", new Entry("favicon.svg", "image/svg+xml"));
    for (String script : new String[] {"page", "api", "chat", "pictures", "latents"}) {
      files.put("/" + script + ".js", new Entry(script + ".js", "text/javascript; charset=utf-8"));
    }
  }

  boolean has(String path) {
    return files.containsKey(path);
  }

  @Override
  public void answer(HttpCall call, Deadline deadline) throws IOException {
    Entry entry = files.get(call.path());
    if (entry == null) {
      throw ApiException.notFound(call.path());
    }
    byte[] body;
    try (InputStream in = PageFiles.class.getResourceAsStream(FOLDER + entry.file)) {
      if (in == null) {
        throw new IllegalStateException("The jar lacks " + entry.file);
      }
      body = in.readAllBytes();
    }
    call.setHeader("Content-Security-Policy", POLICY);
    call.setHeader("X-Content-Type-Options", "nosniff");
    call.setHeader("Referrer-Policy", "no-referrer");
    call.setHeader("Cache-Control", "no-cache");
    call.answer(200, entry.type, body);
  }
}
