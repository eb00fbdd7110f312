package dev.sampo.hub;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Requests to the Hub. The token goes to the endpoint's own host and no other, whatever a redirect says. What fails for a passing reason is
 * tried again after a while that doubles, or that the server names.
 */
final class HubHttp {
  private static final Logger LOG = LoggerFactory.getLogger(HubHttp.class);
  private static final int MAX_REDIRECTS = 8;
  private static final int MAX_ERROR_BYTES = 4096;

  /** The longest wait that a server may ask for. */
  private static final long MAX_WAIT_MILLIS = 300_000;

  /** Waits; a test's does not. */
  interface Sleeper {
    void sleep(long millis) throws InterruptedException;
  }

  private final HubConfig config;
  private final HttpClient client;
  private final Sleeper sleeper;

  HubHttp(HubConfig config, Sleeper sleeper) {
    this.config = config;
    this.sleeper = sleeper;
    this.client =
        HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(config.timeout())
            .version(HttpClient.Version.HTTP_1_1)
            .build();
  }

  /**
   * An answer, to be closed.
   *
   * @param hub the headers of the endpoint's own host, which know the commit and the ETag of the file
   * @param last the headers of the host that sends the content
   */
  record Answer(int status, HttpHeaders hub, HttpHeaders last, InputStream body)
      implements AutoCloseable {
    @Override
    public void close() throws IOException {
      body.close();
    }

    @Nullable String header(String name) {
      return hub.firstValue(name).orElse(null);
    }

    OptionalLong contentLength() {
      return last.firstValueAsLong("Content-Length");
    }
  }

  /** An address below the endpoint; {@code path} begins with a slash and is encoded here. */
  URI address(String path, @Nullable String query) {
    StringBuilder text = new StringBuilder(config.endpoint().toString());
    for (String part : path.substring(1).split("/", -1)) {
      text.append('/').append(encode(part));
    }
    return URI.create(query == null ? text.toString() : text + "?" + query);
  }

  private static String encode(String part) {
    StringBuilder out = new StringBuilder();
    for (byte b : part.getBytes(java.nio.charset.StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      boolean plain =
          c < 128 && (Character.isLetterOrDigit(c) || c == '-' || c == '_' || c == '.' || c == '~');
      if (plain) {
        out.append(c);
      } else {
        out.append(String.format("%%%02X", (int) c));
      }
    }
    return out.toString();
  }

  /**
   * Asks, following redirects, trying again what fails for a passing reason.
   *
   * @param what what is asked for, for messages
   * @param from the first byte wanted; 0 for all
   * @return an answer with a status from 200 to 299
   */
  Answer get(URI uri, String what, long from) {
    for (int attempt = 0; ; attempt++) {
      Answer answer = null;
      IOException broken = null;
      try {
        answer = once(uri, from);
      } catch (IOException e) {
        broken = e;
      }
      if (answer != null && answer.status() / 100 == 2) {
        return answer;
      }
      if (answer != null && !passing(answer.status())) {
        throw refusal(what, answer);
      }
      if (attempt == config.retries()) {
        throw broken == null ? refusal(what, answer) : unreachable(what, broken);
      }
      pause(attempt, what, answer, broken);
    }
  }

  private static boolean passing(int status) {
    return status == 408
        || status == 429
        || status == 500
        || status == 502
        || status == 503
        || status == 504;
  }

  private Answer once(URI first, long from) throws IOException {
    URI uri = first;
    HttpHeaders hub = null;
    for (int i = 0; i < MAX_REDIRECTS; i++) {
      HttpResponse<InputStream> response = send(uri, from);
      if (hub == null || isEndpoint(uri)) {
        hub = hub == null || !knowsFile(hub) ? response.headers() : hub;
      }
      int status = response.statusCode();
      String location = response.headers().firstValue("Location").orElse(null);
      if (status / 100 != 3 || location == null) {
        return new Answer(status, hub, response.headers(), response.body());
      }
      response.body().close();
      URI next = uri.resolve(location);
      String scheme = String.valueOf(next.getScheme()).toLowerCase(Locale.ROOT);
      if (!scheme.equals("https") && !scheme.equals(config.endpoint().getScheme())) {
        throw new HubException(
            "The server leads from " + uri + " to " + next + ", which is not encrypted.");
      }
      uri = next;
    }
    throw new HubException(
        "The server leads from "
            + first
            + " to other addresses more than "
            + MAX_REDIRECTS
            + " times.");
  }

  private static boolean knowsFile(HttpHeaders headers) {
    return headers.firstValue("X-Linked-Etag").isPresent()
        || headers.firstValue("ETag").isPresent();
  }

  private HttpResponse<InputStream> send(URI uri, long from) throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri)
            .timeout(config.timeout())
            .header("User-Agent", "sampo; java/" + Runtime.version().feature())
            .header("Accept-Encoding", "identity");
    if (from > 0) {
      request.header("Range", "bytes=" + from + "-");
    }
    if (config.token() != null && isEndpoint(uri)) {
      request.header("Authorization", "Bearer " + config.token());
    }
    try {
      return client.send(request.GET().build(), HttpResponse.BodyHandlers.ofInputStream());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HubException(0, "Interrupted while asking for " + uri + ".", e);
    }
  }

  private boolean isEndpoint(URI uri) {
    URI own = config.endpoint();
    return own.getHost().equalsIgnoreCase(uri.getHost())
        && own.getScheme().equalsIgnoreCase(uri.getScheme())
        && own.getPort() == uri.getPort();
  }

  private void pause(
      int attempt, String what, @Nullable Answer answer, @Nullable IOException broken) {
    long wait = 1000L << Math.min(attempt, 6);
    if (answer != null) {
      wait = answer.last().firstValue("Retry-After").map(HubHttp::waitMillis).orElse(wait);
      closeQuietly(answer);
    }
    String why = answer == null ? String.valueOf(broken) : "status " + answer.status();
    LOG.info("{}: {}; trying again in {} ms", what, why, wait);
    try {
      sleeper.sleep(wait);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HubException(0, "Interrupted while waiting to ask again for " + what + ".", e);
    }
  }

  /** Seconds, or a date; what is neither waits a second. */
  private static long waitMillis(String text) {
    try {
      return Math.min(MAX_WAIT_MILLIS, Math.max(0, Long.parseLong(text.trim()) * 1000));
    } catch (NumberFormatException e) {
      try {
        long at =
            java.time.ZonedDateTime.parse(
                    text.trim(), java.time.format.DateTimeFormatter.RFC_1123_DATE_TIME)
                .toInstant()
                .toEpochMilli();
        return Math.min(MAX_WAIT_MILLIS, Math.max(0, at - System.currentTimeMillis()));
      } catch (java.time.format.DateTimeParseException none) {
        return 1000;
      }
    }
  }

  private HubException unreachable(String what, IOException e) {
    return new HubException(
        0,
        "No answer from "
            + config.endpoint()
            + " for "
            + what
            + " ("
            + e
            + "). Check the network and HF_ENDPOINT; with HF_HUB_OFFLINE=1 only the cache is used.",
        e);
  }

  private HubException refusal(String what, Answer answer) {
    String code = answer.header("X-Error-Code");
    String message = answer.header("X-Error-Message");
    if (message == null) {
      message = text(answer);
    } else {
      closeQuietly(answer);
    }
    String said = message.isEmpty() ? "" : " The server says: " + message;
    boolean signedIn = config.token() != null;
    String advice;
    switch (answer.status()) {
      case 401:
        advice =
            signedIn
                ? "The server does not know the repository, or the token (HF_TOKEN) may not read"
                    + " it."
                : "There is no such repository, or it is private or gated: check the name, or set"
                    + " HF_TOKEN.";
        break;
      case 403:
        advice =
            "GatedRepo".equals(code)
                ? "The repository is gated: ask for access on its page on the Hub, then set"
                    + " HF_TOKEN."
                : "The token (HF_TOKEN) may not read this.";
        break;
      case 404:
        advice =
            "RevisionNotFound".equals(code)
                ? "The repository has no such revision: give a branch, a tag or a commit after '@'."
                : "EntryNotFound".equals(code)
                    ? "The repository has no such file."
                    : "There is no such repository: check the spelling of org/name.";
        break;
      case 429:
        advice = "The server has had too many requests: try again later, or set HF_TOKEN.";
        break;
      default:
        advice = "Try again later.";
    }
    return new HubException(
        answer.status(),
        what + ": status " + answer.status() + " from " + config.endpoint() + ". " + advice + said,
        null);
  }

  private static String text(Answer answer) {
    try (InputStream in = answer.body()) {
      String text =
          new String(in.readNBytes(MAX_ERROR_BYTES), java.nio.charset.StandardCharsets.UTF_8);
      String line = text.replaceAll("\\p{Cntrl}+", " ").trim();
      return line.startsWith("<") ? "" : line.substring(0, Math.min(300, line.length()));
    } catch (IOException e) {
      return "";
    }
  }

  private static void closeQuietly(Answer answer) {
    try {
      answer.close();
    } catch (IOException e) {
      LOG.debug("an answer could not be closed", e);
    }
  }

  /** The whole of a short answer. */
  byte[] bytes(URI uri, String what, int limit) {
    return page(uri, what, limit).content();
  }

  /** A page of a list and where the next one is. */
  @SuppressWarnings("ArrayRecordComponent") // a carrier within this package, never compared
  record Page(byte[] content, @Nullable URI next, @Nullable String commit) {}

  Page page(URI uri, String what, int limit) {
    try (Answer answer = get(uri, what, 0)) {
      byte[] content = answer.body().readNBytes(limit + 1);
      if (content.length > limit) {
        throw new HubException(what + ": the answer is longer than " + limit + " bytes.");
      }
      return new Page(content, next(uri, answer), answer.header("X-Repo-Commit"));
    } catch (IOException e) {
      throw unreachable(what, e);
    }
  }

  /** Of {@code Link: <address>; rel="next"}; only on the same host. */
  private @Nullable URI next(URI uri, Answer answer) {
    List<String> links = new ArrayList<>(answer.last().allValues("Link"));
    for (String link : links) {
      int open = link.indexOf('<');
      int close = link.indexOf('>', open + 1);
      if (open >= 0 && close > 0 && link.indexOf("rel=\"next\"", close) > 0) {
        URI next = uri.resolve(link.substring(open + 1, close));
        if (!isEndpoint(next)) {
          throw new HubException("The list of files goes on at another host: " + next + ".");
        }
        return next;
      }
    }
    return null;
  }
}
