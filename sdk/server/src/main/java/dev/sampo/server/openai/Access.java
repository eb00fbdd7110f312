package dev.sampo.server.openai;

import dev.sampo.server.ServerConfig;
import dev.sampo.server.http.HttpCall;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Who may use the server: keys, pages of other sites, and names that were bent to point here. */
final class Access {
  private static final String BEARER = "bearer ";

  private final List<byte[]> keys = new ArrayList<>();
  private final List<String> origins;
  private final boolean loopback;

  Access(ServerConfig config, boolean loopback) {
    config.apiKeys().forEach(key -> keys.add(hash(key)));
    this.origins = config.allowedOrigins();
    this.loopback = loopback;
  }

  private static byte[] hash(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-256", e);
    }
  }

  /** Refuses who has none of the keys. Hashes are compared, all of them and to the end, so that the time tells nothing of a key, nor its length. */
  void requireKey(HttpCall call) {
    if (keys.isEmpty()) {
      return;
    }
    String header = call.header("Authorization");
    if (header == null || !header.toLowerCase(Locale.ROOT).startsWith(BEARER)) {
      throw ApiException.unauthorized(
          "You didn't provide an API key: send it in the header Authorization, as Bearer KEY.");
    }
    byte[] given = hash(header.substring(BEARER.length()).trim());
    boolean known = false;
    for (byte[] key : keys) {
      known |= MessageDigest.isEqual(key, given);
    }
    if (!known) {
      throw ApiException.unauthorized("Incorrect API key provided.");
    }
  }

  /**
   * Refuses pages of other sites, unless they were named, and tells browsers of those that were. A name of another site that resolves to this machine
   * would make its pages look like our own, so on the loopback address only names of that are taken.
   */
  void requireOwnSite(HttpCall call) {
    String host = call.header("Host");
    if (loopback && keys.isEmpty() && (host == null || !isLoopbackName(host))) {
      throw ApiException.forbidden(
          "This server listens on this machine only, under its own names (localhost, 127.0.0.1), not"
              + " as "
              + host
              + ".");
    }
    String origin = call.header("Origin");
    if (origin == null || isOwn(origin, host)) {
      return;
    }
    if (!origins.contains(origin)) {
      throw ApiException.forbidden(
          "Pages of " + origin + " may not use this server. Name them with --allow-origin.");
    }
    call.setHeader("Access-Control-Allow-Origin", origin);
    call.setHeader("Vary", "Origin");
  }

  private static boolean isLoopbackName(String hostHeader) {
    String name = hostHeader.toLowerCase(Locale.ROOT);
    int colon = name.lastIndexOf(':');
    if (colon > name.lastIndexOf(']')) {
      name = name.substring(0, colon);
    }
    return name.equals("localhost")
        || name.equals("[::1]")
        || name.equals("127.0.0.1")
        || name.endsWith(".localhost");
  }

  private static boolean isOwn(String origin, @Nullable String host) {
    try {
      return host != null && host.equalsIgnoreCase(URI.create(origin).getRawAuthority());
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
