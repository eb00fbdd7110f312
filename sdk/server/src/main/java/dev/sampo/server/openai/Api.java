package dev.sampo.server.openai;

import dev.sampo.error.CancelledException;
import dev.sampo.error.ClosedException;
import dev.sampo.error.RequestException;
import dev.sampo.error.SampoException;
import dev.sampo.server.ServedModel;
import dev.sampo.server.ServerConfig;
import dev.sampo.server.http.HttpCall;
import dev.sampo.server.http.HttpHandler;
import dev.sampo.tokenizer.TokenizerException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where requests arrive: finds who answers, holds them against keys and bounds, and turns errors into OpenAI's form. */
public final class Api implements HttpHandler, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Api.class);
  private static final String JSON = "application/json";

  /** How long requests that were given up get to say so. */
  private static final long LAST_WORDS_MILLIS = 3000;

  private final Access access;
  private final Running running = new Running();
  private final Metrics metrics = new Metrics();
  private final Models models;
  private final long requestMillis;
  private final Map<String, Route> routes = new HashMap<>();
  private final PageFiles page = new PageFiles();

  /** What is at a path. */
  private record Route(String method, boolean open, Endpoint endpoint) {}

  /**
   * An interface to models, which stay the caller's.
   *
   * @param loopback whether only this machine can reach the server
   */
  public Api(ServerConfig config, boolean loopback, List<ServedModel> served) {
    this.access = new Access(config, loopback);
    this.models = new Models(config, served, metrics);
    this.requestMillis = config.requestMillis();
    metrics.gauge("sampo.http.active", "Requests under way", "", running::count);
    post("/v1/chat/completions", new ChatEndpoint(models, running, config, metrics));
    post("/v1/completions", new CompletionEndpoint(models, running, config, metrics));
    post("/v1/embeddings", new EmbeddingsEndpoint(models, running, config, metrics));
    post("/v1/images/generations", new ImagesEndpoint(models, running, config, metrics));
    post("/v1/audio/transcriptions", new AudioEndpoint(models, running, config));
    post("/sampo/latents", new LatentsEndpoint(models, config));
    routes.put("/v1/models", new Route("GET", false, models::list));
    routes.put("/health", new Route("GET", true, this::health));
    routes.put("/metrics", new Route("GET", false, this::metrics));
  }

  private void post(String path, Endpoint endpoint) {
    routes.put(path, new Route("POST", false, endpoint));
  }

  /** Remarks about the models; one a line. */
  public List<String> notes() {
    return models.notes();
  }

  @Override
  public void handle(HttpCall call) throws IOException {
    long begin = System.nanoTime();
    String path = label(call.path());
    int status = 200;
    try {
      dispatch(call);
    } catch (GoneException | IOException e) {
      if (e instanceof HttpCall.TooLargeException) {
        status = error(call, ApiException.tooLarge(String.valueOf(e.getMessage())));
      } else if (e instanceof HttpCall.SlowBodyException) {
        status = error(call, ApiException.slow(String.valueOf(e.getMessage())));
      } else {
        status = 499;
        metrics.gone(path);
        throw e instanceof IOException io ? io : new IOException(e.getMessage(), e);
      }
    } catch (RuntimeException | OutOfMemoryError | StackOverflowError e) {
      status = error(call, toApi(e));
    } finally {
      metrics.answered(path, status, System.nanoTime() - begin);
    }
  }

  /** A few names for any number of paths, so that nobody can fill the metrics. */
  private String label(String path) {
    if (routes.containsKey(path)) {
      return path;
    }
    return path.startsWith("/v1/models/") ? "/v1/models/" : page.has(path) ? "page" : "other";
  }

  private void dispatch(HttpCall call) throws IOException {
    Route route = route(call.path());
    access.requireOwnSite(call);
    if (call.method().equals("OPTIONS")) {
      preflight(call, route);
      return;
    }
    boolean head = route.method.equals("GET") && call.method().equals("HEAD");
    if (!head && !call.method().equals(route.method)) {
      call.setHeader("Allow", route.method);
      throw ApiException.method(
          call.path() + " wants " + route.method + ", not " + call.method() + ".");
    }
    if (!route.open) {
      access.requireKey(call);
    }
    if (route.method.equals("GET")) {
      route.endpoint.answer(call, Deadline.in(requestMillis));
      return;
    }
    requireForm(call);
    if (!running.begin()) {
      throw ApiException.stopping();
    }
    try {
      route.endpoint.answer(call, Deadline.in(requestMillis));
    } finally {
      running.end();
    }
  }

  private Route route(String path) {
    Route route = routes.get(path);
    if (route != null) {
      return route;
    }
    if (path.startsWith("/v1/models/")) {
      return new Route("GET", false, models::one);
    }
    if (page.has(path)) {
      return new Route("GET", true, page);
    }
    throw ApiException.notFound(path);
  }

  /** A form of another site can post plain text without asking; it cannot post these types. */
  private static void requireForm(HttpCall call) {
    String type = call.header("Content-Type");
    String kind = type == null ? "" : type.toLowerCase(Locale.ROOT);
    boolean form = call.path().startsWith("/v1/audio/") && kind.startsWith("multipart/form-data");
    if (!form && !kind.startsWith(JSON)) {
      throw ApiException.mediaType(
          "Content-Type is "
              + type
              + "; wanted "
              + (call.path().startsWith("/v1/audio/") ? "multipart/form-data." : JSON + "."));
    }
  }

  private static void preflight(HttpCall call, Route route) throws IOException {
    call.setHeader("Access-Control-Allow-Methods", route.method);
    call.setHeader("Access-Control-Allow-Headers", "authorization, content-type, x-requested-with");
    call.setHeader("Access-Control-Max-Age", "600");
    call.answer(204, JSON, new byte[0]);
  }

  private void health(HttpCall call, Deadline deadline) throws IOException {
    boolean stopping = running.draining();
    byte[] body = Json.bytes(Json.object().put("status", stopping ? "stopping" : "ok"));
    call.answer(stopping ? 503 : 200, JSON, body);
  }

  private void metrics(HttpCall call, Deadline deadline) throws IOException {
    byte[] body = metrics.scrape().getBytes(StandardCharsets.UTF_8);
    call.answer(200, "text/plain; version=0.0.4; charset=utf-8", body);
  }

  private static int error(HttpCall call, ApiException e) throws IOException {
    if (e.status() >= 500) {
      LOG.warn("{}: {}", call.path(), e.getMessage(), e.status() == 500 ? e.getCause() : null);
    }
    if (!call.begun()) {
      if (e.retryAfterSeconds() > 0) {
        call.setHeader("Retry-After", Integer.toString(e.retryAfterSeconds()));
      }
      if (e.status() == 401) {
        call.setHeader("WWW-Authenticate", "Bearer");
      }
      call.answer(e.status(), JSON, Json.bytes(e.toJson()));
    }
    return e.status();
  }

  /** What went wrong, as the client is told: messages of our own errors are made to be read, others stay in the log. */
  static ApiException toApi(Throwable e) {
    if (e instanceof ApiException api) {
      return api;
    }
    if (e instanceof RequestException request) {
      return ApiException.badRequest(snake(request.option()), String.valueOf(e.getMessage()), e);
    }
    if (e instanceof TokenizerException) {
      // The tokenizer was read when the server started: it is the text that it cannot take.
      return ApiException.badRequest(null, String.valueOf(e.getMessage()), e);
    }
    if (e instanceof CancelledException || e instanceof ClosedException) {
      return ApiException.stopping();
    }
    if (e instanceof SampoException) {
      return ApiException.failed(String.valueOf(e.getMessage()), e);
    }
    return ApiException.failed(
        e instanceof OutOfMemoryError
            ? "The server is out of memory for this request."
            : "The server failed; its log says why.",
        e);
  }

  private static @Nullable String snake(@Nullable String option) {
    if (option == null) {
      return null;
    }
    StringBuilder name = new StringBuilder();
    for (int i = 0; i < option.length(); i++) {
      char c = option.charAt(i);
      if (Character.isUpperCase(c)) {
        name.append('_');
      }
      name.append(Character.toLowerCase(c));
    }
    return name.toString();
  }

  /** From now on requests are turned away. */
  public void drain() {
    running.drain();
  }

  /** Waits until no request is under way; whether that came in time. */
  public boolean awaitIdle(long millis) {
    return running.awaitNone(millis);
  }

  @Override
  public void close() {
    running.close();
    running.awaitNone(LAST_WORDS_MILLIS);
    models.close();
    metrics.close();
  }
}
