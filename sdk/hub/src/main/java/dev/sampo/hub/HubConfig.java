package dev.sampo.hub;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where the Hub and its cache are. {@link #fromEnvironment()} reads what Python's huggingface_hub reads.
 *
 * @param endpoint the server, such as {@code https://huggingface.co}
 * @param cache the folder that holds {@code models--org--name} folders
 * @param token sent to the endpoint's host and no other; null for none
 * @param offline never ask the server
 * @param timeout of connecting and of each answer's first byte
 * @param retries how often a request that failed for a passing reason (429, 5xx, a broken connection) is tried again
 * @param parallel files downloaded at the same time
 */
public record HubConfig(
    URI endpoint,
    Path cache,
    @Nullable String token,
    boolean offline,
    Duration timeout,
    int retries,
    int parallel) {
  private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");

  /** Checks the numbers and the address. */
  public HubConfig {
    String scheme = String.valueOf(endpoint.getScheme()).toLowerCase(Locale.ROOT);
    if (endpoint.getHost() == null || !(scheme.equals("http") || scheme.equals("https"))) {
      throw new HubException(
          "The endpoint '" + endpoint + "' is no http(s) address. Correct HF_ENDPOINT.");
    }
    if (retries < 0 || parallel < 1) {
      throw new HubException(
          "retries is at least 0 and parallel at least 1, got "
              + retries
              + " and "
              + parallel
              + ".");
    }
  }

  /** What the environment says; see {@link #of}. */
  public static HubConfig fromEnvironment() {
    return of(System.getenv(), Path.of(System.getProperty("user.home", ".")));
  }

  /**
   * What an environment says, by the names and in the order of huggingface_hub 1.33: {@code HF_ENDPOINT}; {@code HF_HUB_CACHE}, {@code
   * HUGGINGFACE_HUB_CACHE}, {@code HF_HOME/hub}, {@code XDG_CACHE_HOME/huggingface/hub}, {@code ~/.cache/huggingface/hub}; {@code HF_TOKEN},
   * {@code HUGGING_FACE_HUB_TOKEN}, the file {@code HF_TOKEN_PATH} or {@code HF_HOME/token}; {@code HF_HUB_OFFLINE}, {@code
   * TRANSFORMERS_OFFLINE}.
   */
  public static HubConfig of(Map<String, String> environment, Path userHome) {
    Path home = home(environment, userHome);
    String cache = first(environment, "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE");
    String endpoint = first(environment, "HF_ENDPOINT");
    String offline = first(environment, "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE");
    URI uri;
    try {
      uri = URI.create(strip(endpoint == null ? "https://huggingface.co" : endpoint.trim()));
    } catch (IllegalArgumentException e) {
      throw new HubException(0, "HF_ENDPOINT '" + endpoint + "' is no address.", e);
    }
    return new HubConfig(
        uri,
        cache == null ? home.resolve("hub") : expand(cache, userHome),
        token(environment, home, userHome),
        offline != null && TRUE.contains(offline.toUpperCase(Locale.ROOT)),
        Duration.ofSeconds(30),
        5,
        4);
  }

  private static Path home(Map<String, String> environment, Path userHome) {
    String own = first(environment, "HF_HOME");
    if (own != null) {
      return expand(own, userHome);
    }
    String xdg = first(environment, "XDG_CACHE_HOME");
    Path caches = xdg == null ? userHome.resolve(".cache") : expand(xdg, userHome);
    return caches.resolve("huggingface");
  }

  private static @Nullable String token(Map<String, String> environment, Path home, Path userHome) {
    String token = first(environment, "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN");
    if (token == null) {
      String path = first(environment, "HF_TOKEN_PATH");
      Path file = path == null ? home.resolve("token") : expand(path, userHome);
      try {
        // A token is a line; nothing longer is read into memory.
        if (Files.isRegularFile(file) && Files.size(file) < 10_000) {
          token = Files.readString(file);
        }
      } catch (IOException e) {
        throw new HubException(
            0, "The token file " + file + " cannot be read: " + e.getMessage() + ".", e);
      }
    }
    if (token == null) {
      return null;
    }
    String clean = token.replace("\r", "").replace("\n", "").trim();
    return clean.isEmpty() ? null : clean;
  }

  private static @Nullable String first(Map<String, String> environment, String... names) {
    for (String name : names) {
      String value = environment.get(name);
      if (value != null && !value.isEmpty()) {
        return value;
      }
    }
    return null;
  }

  private static Path expand(String path, Path userHome) {
    if (path.equals("~")) {
      return userHome;
    }
    return path.startsWith("~/") ? userHome.resolve(path.substring(2)) : Path.of(path);
  }

  private static String strip(String address) {
    String stripped = address;
    while (stripped.endsWith("/")) {
      stripped = stripped.substring(0, stripped.length() - 1);
    }
    return stripped;
  }

  /** The same, offline or not. */
  public HubConfig withOffline(boolean value) {
    return new HubConfig(endpoint, cache, token, value, timeout, retries, parallel);
  }

  /** Everything but the token. */
  @Override
  public String toString() {
    return "HubConfig[endpoint="
        + endpoint
        + ", cache="
        + cache
        + ", token="
        + (token == null ? "none" : "given")
        + ", offline="
        + offline
        + "]";
  }
}
