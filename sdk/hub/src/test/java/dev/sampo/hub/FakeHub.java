package dev.sampo.hub;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;

/**
 * Answers as the Hub does: {@code /api/models/.../revision}, {@code /tree} in pages, {@code /resolve} with ETags; files of LFS lead to
 * another host (127.0.0.2), which knows Range. What goes wrong on the way is set by a test.
 */
final class FakeHub implements AutoCloseable {
  static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final HttpServer hub = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
  private final HttpServer storage = HttpServer.create(new InetSocketAddress("127.0.0.2", 0), 0);
  final Map<String, byte[]> files = new LinkedHashMap<>();
  final Map<String, Boolean> lfs = new HashMap<>();

  /** Requests as "METHOD host path", with their tokens, in order. */
  final List<String> requests = Collections.synchronizedList(new ArrayList<>());

  final List<String> storageTokens = Collections.synchronizedList(new ArrayList<>());
  final List<String> ranges = Collections.synchronizedList(new ArrayList<>());
  volatile String requiredToken = "";
  volatile int tooMany;
  volatile int breakAfterBytes = -1;
  volatile boolean spoil;
  volatile boolean gated;

  FakeHub() throws IOException {
    for (HttpServer server : List.of(hub, storage)) {
      server.setExecutor(Executors.newCachedThreadPool(FakeHub::daemon));
    }
    hub.createContext("/", this::answer);
    storage.createContext("/", this::content);
    hub.start();
    storage.start();
  }

  private static Thread daemon(Runnable job) {
    Thread thread = new Thread(job);
    thread.setDaemon(true);
    return thread;
  }

  FakeHub put(String path, byte[] content, boolean large) {
    files.put(path, content);
    lfs.put(path, large);
    return this;
  }

  FakeHub put(String path, String content) {
    return put(path, content.getBytes(StandardCharsets.UTF_8), false);
  }

  HubConfig config(Path cache) {
    return new HubConfig(
        URI.create("http://127.0.0.1:" + hub.getAddress().getPort()),
        cache,
        null,
        false,
        Duration.ofSeconds(10),
        3,
        2);
  }

  static HubConfig withToken(HubConfig c, String token) {
    return new HubConfig(
        c.endpoint(), c.cache(), token, c.offline(), c.timeout(), c.retries(), c.parallel());
  }

  static String sha256(byte[] content) {
    return digest("SHA-256", content);
  }

  static String gitHash(byte[] content) {
    byte[] head = ("blob " + content.length + "\0").getBytes(StandardCharsets.UTF_8);
    byte[] all = Arrays.copyOf(head, head.length + content.length);
    System.arraycopy(content, 0, all, head.length, content.length);
    return digest("SHA-1", all);
  }

  private static String digest(String name, byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance(name).digest(content));
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private void answer(HttpExchange x) throws IOException {
    String path = x.getRequestURI().getPath();
    requests.add(x.getRequestMethod() + " " + path);
    String token = x.getRequestHeaders().getFirst("Authorization");
    if (tooMany > 0) {
      tooMany--;
      x.getResponseHeaders().set("Retry-After", "7");
      send(x, 429, "slow down".getBytes(StandardCharsets.UTF_8));
    } else if (!requiredToken.isEmpty() && !("Bearer " + requiredToken).equals(token)) {
      send(x, 401, new byte[0]);
    } else if (gated && path.contains("/resolve/")) {
      error(x, 403, "GatedRepo", "Access to model org/model is restricted");
    } else if (path.startsWith("/api/models/org/model/revision/")) {
      revision(x, path.substring(path.lastIndexOf('/') + 1));
    } else if (path.equals("/api/models/org/model/tree/" + COMMIT)) {
      tree(x);
    } else if (path.startsWith("/org/model/resolve/" + COMMIT + "/")) {
      resolve(x, path.substring(("/org/model/resolve/" + COMMIT + "/").length()));
    } else {
      error(x, 404, "RepoNotFound", "Repository not found");
    }
  }

  private void revision(HttpExchange x, String revision) throws IOException {
    if (revision.equals("main") || revision.equals("v1")) {
      send(
          x,
          200,
          ("{\"id\":\"org/model\",\"sha\":\"" + COMMIT + "\"}").getBytes(StandardCharsets.UTF_8));
    } else {
      error(x, 404, "RevisionNotFound", "Invalid rev id: " + revision);
    }
  }

  /** In pages of three. */
  private void tree(HttpExchange x) throws IOException {
    String query = String.valueOf(x.getRequestURI().getQuery());
    int from = query.contains("cursor=") ? Integer.parseInt(query.replaceAll(".*cursor=", "")) : 0;
    List<String> paths = new ArrayList<>(files.keySet());
    ArrayNode page = MAPPER.createArrayNode();
    if (from == 0) {
      page.addObject().put("type", "directory").put("path", "onnx").put("oid", "0");
    }
    for (String path : paths.subList(from, Math.min(from + 3, paths.size()))) {
      byte[] content = files.get(path);
      ObjectNode entry = page.addObject().put("type", "file").put("path", path);
      entry.put("size", content.length).put("oid", gitHash(content));
      if (lfs.get(path)) {
        entry
            .putObject("lfs")
            .put("oid", sha256(content))
            .put("size", content.length)
            .put("pointerSize", 134);
      }
    }
    if (from + 3 < paths.size()) {
      x.getResponseHeaders()
          .set(
              "Link",
              "<http://127.0.0.1:"
                  + hub.getAddress().getPort()
                  + x.getRequestURI().getPath()
                  + "?recursive=true&cursor="
                  + (from + 3)
                  + ">; rel=\"next\"");
    }
    send(x, 200, MAPPER.writeValueAsBytes(page));
  }

  /** Python asks with HEAD first, and not for Accept-Encoding's sake only. */
  private void resolve(HttpExchange x, String path) throws IOException {
    byte[] content = files.get(path);
    x.getResponseHeaders().set("X-Repo-Commit", COMMIT);
    if (content == null) {
      error(x, 404, "EntryNotFound", "Entry not found");
    } else if (lfs.get(path)) {
      x.getResponseHeaders().set("X-Linked-Etag", "\"" + sha256(content) + "\"");
      x.getResponseHeaders().set("X-Linked-Size", String.valueOf(content.length));
      x.getResponseHeaders()
          .set("Location", "http://127.0.0.2:" + storage.getAddress().getPort() + "/" + path);
      send(x, 302, new byte[0]);
    } else {
      x.getResponseHeaders().set("ETag", "\"" + gitHash(content) + "\"");
      send(x, 200, content);
    }
  }

  private void content(HttpExchange x) throws IOException {
    String path = x.getRequestURI().getPath().substring(1);
    requests.add(x.getRequestMethod() + " storage /" + path);
    storageTokens.add(String.valueOf(x.getRequestHeaders().getFirst("Authorization")));
    byte[] content = files.get(path).clone();
    if (spoil) {
      content[content.length / 2] ^= 1;
    }
    String range = x.getRequestHeaders().getFirst("Range");
    ranges.add(String.valueOf(range));
    int status = 200;
    if (range != null) {
      int from = Integer.parseInt(range.replaceAll("\\D", ""));
      content = Arrays.copyOfRange(content, from, content.length);
      status = 206;
    }
    x.getResponseHeaders().set("ETag", "\"of-the-storage\"");
    if (breakAfterBytes >= 0) {
      x.sendResponseHeaders(status, content.length);
      x.getResponseBody().write(content, 0, Math.min(breakAfterBytes, content.length));
      x.getResponseBody().flush();
      breakAfterBytes = -1;
      // Closing an exchange that owes bytes drops the connection.
      x.close();
      return;
    }
    send(x, status, content);
  }

  private static void error(HttpExchange x, int status, String code, String message)
      throws IOException {
    x.getResponseHeaders().set("X-Error-Code", code);
    x.getResponseHeaders().set("X-Error-Message", message);
    send(x, status, new byte[0]);
  }

  private static void send(HttpExchange x, int status, byte[] body) throws IOException {
    if (x.getRequestMethod().equals("HEAD")) {
      x.getResponseHeaders().set("Content-Length", String.valueOf(body.length));
      x.sendResponseHeaders(status, -1);
    } else {
      x.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
      x.getResponseBody().write(body);
    }
    x.close();
  }

  @Override
  public void close() {
    hub.stop(0);
    storage.stop(0);
  }
}
