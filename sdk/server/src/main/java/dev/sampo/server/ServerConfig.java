package dev.sampo.server;

import dev.sampo.error.RequestException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;

/**
 * Where a server listens, who may use it, and its bounds. Immutable.
 *
 * <pre>{@code
 * ServerConfig config = ServerConfig.builder().port(8080).maxQueue(64).build();
 * }</pre>
 */
public final class ServerConfig {
  private final Builder b;

  private ServerConfig(Builder b) {
    this.b = b;
  }

  public static Builder builder() {
    return new Builder();
  }

  /** A builder that begins with these settings. */
  public Builder toBuilder() {
    return b.copy();
  }

  /** See {@link Builder#host}. */
  public String host() {
    return b.host;
  }

  /** See {@link Builder#port}. */
  public int port() {
    return b.port;
  }

  /** See {@link Builder#apiKeys}. */
  public List<String> apiKeys() {
    return Collections.unmodifiableList(b.apiKeys);
  }

  /** See {@link Builder#allowedOrigins}. */
  public List<String> allowedOrigins() {
    return Collections.unmodifiableList(b.allowedOrigins);
  }

  /** See {@link Builder#maxBodyBytes}. */
  public long maxBodyBytes() {
    return b.maxBodyBytes;
  }

  /** See {@link Builder#maxConnections}. */
  public int maxConnections() {
    return b.maxConnections;
  }

  /** See {@link Builder#maxQueue}. */
  public int maxQueue() {
    return b.maxQueue;
  }

  /** See {@link Builder#maxBatch}. */
  public int maxBatch() {
    return b.maxBatch;
  }

  /** See {@link Builder#maxCacheBytes}. */
  public long maxCacheBytes() {
    return b.maxCacheBytes;
  }

  /** See {@link Builder#maxPromptTokens}. */
  public int maxPromptTokens() {
    return b.maxPromptTokens;
  }

  /** See {@link Builder#maxCompletionTokens}. */
  public int maxCompletionTokens() {
    return b.maxCompletionTokens;
  }

  /** See {@link Builder#maxChoices}. */
  public int maxChoices() {
    return b.maxChoices;
  }

  /** See {@link Builder#maxPictures}. */
  public int maxPictures() {
    return b.maxPictures;
  }

  /** See {@link Builder#maxPicturePx}. */
  public int maxPicturePx() {
    return b.maxPicturePx;
  }

  /** See {@link Builder#maxTexts}. */
  public int maxTexts() {
    return b.maxTexts;
  }

  /** See {@link Builder#exact}. */
  public boolean exact() {
    return b.exact;
  }

  /** See {@link Builder#requestMillis}. */
  public long requestMillis() {
    return b.requestMillis;
  }

  /** See {@link Builder#idleMillis}. */
  public long idleMillis() {
    return b.idleMillis;
  }

  /** See {@link Builder#graceMillis}. */
  public long graceMillis() {
    return b.graceMillis;
  }

  /** Collects settings; the defaults are here. */
  public static final class Builder {
    private String host = "127.0.0.1";
    private int port = 8080;
    private List<String> apiKeys = new ArrayList<>();
    private List<String> allowedOrigins = new ArrayList<>();
    private long maxBodyBytes = 26L << 20;
    private int maxConnections = 256;
    private int maxQueue = 128;
    private int maxBatch = 16;
    private long maxCacheBytes = 1L << 30;
    private int maxPromptTokens = Integer.MAX_VALUE;
    private int maxCompletionTokens = 4096;
    private int maxChoices = 16;
    private int maxPictures = 16;
    private int maxPicturePx = 2048;
    private int maxTexts = 2048;
    private boolean exact;
    private long requestMillis = 600_000;
    private long idleMillis = 30_000;
    private long graceMillis = 30_000;

    private Builder() {}

    private Builder copy() {
      Builder c = new Builder();
      c.host = host;
      c.port = port;
      c.apiKeys = new ArrayList<>(apiKeys);
      c.allowedOrigins = new ArrayList<>(allowedOrigins);
      c.maxBodyBytes = maxBodyBytes;
      c.maxConnections = maxConnections;
      c.maxQueue = maxQueue;
      c.maxBatch = maxBatch;
      c.maxCacheBytes = maxCacheBytes;
      c.maxPromptTokens = maxPromptTokens;
      c.maxCompletionTokens = maxCompletionTokens;
      c.maxChoices = maxChoices;
      c.maxPictures = maxPictures;
      c.maxPicturePx = maxPicturePx;
      c.maxTexts = maxTexts;
      c.exact = exact;
      c.requestMillis = requestMillis;
      c.idleMillis = idleMillis;
      c.graceMillis = graceMillis;
      return c;
    }

    /** Name or address of the interface to listen on; {@code 127.0.0.1} by default. Any but the machine's own loopback wants {@link #apiKeys}. */
    public Builder host(String value) {
      host = Objects.requireNonNull(value);
      return this;
    }

    /** The port, 8080 by default; 0 for a free one. */
    public Builder port(int value) {
      port = value;
      return this;
    }

    /** Whoever brings one of these may use the server; none, the default, lets everybody who reaches it. */
    public Builder apiKeys(List<String> value) {
      apiKeys = new ArrayList<>(value);
      return this;
    }

    /** Web sites whose pages may use the server from a browser, such as {@code https://example.org}; none by default. */
    public Builder allowedOrigins(List<String> value) {
      allowedOrigins = new ArrayList<>(value);
      return this;
    }

    /** Most bytes of a request's body, 26 MiB by default. */
    public Builder maxBodyBytes(long value) {
      maxBodyBytes = value;
      return this;
    }

    /** Most connections at the same time, streams included; 256 by default. Further ones wait to be accepted. */
    public Builder maxConnections(int value) {
      maxConnections = value;
      return this;
    }

    /** Most requests of one model that wait; 128 by default. The next is told to come back later (429). */
    public Builder maxQueue(int value) {
      maxQueue = value;
      return this;
    }

    /** Most texts that a model writes at the same time; 16 by default. */
    public Builder maxBatch(int value) {
      maxBatch = value;
      return this;
    }

    /** Most bytes of keys and values that a text model keeps for the texts under way; 1 GiB by default. */
    public Builder maxCacheBytes(long value) {
      maxCacheBytes = value;
      return this;
    }

    /** Most tokens of a prompt, beside what the model can hold. */
    public Builder maxPromptTokens(int value) {
      maxPromptTokens = value;
      return this;
    }

    /** Most tokens of an answer, 4096 by default; fewer where the model has no room. */
    public Builder maxCompletionTokens(int value) {
      maxCompletionTokens = value;
      return this;
    }

    /** Most texts that one request may ask for ({@code n}), 16 by default. */
    public Builder maxChoices(int value) {
      maxChoices = value;
      return this;
    }

    /** Most pictures that one request may ask for, 16 by default. */
    public Builder maxPictures(int value) {
      maxPictures = value;
      return this;
    }

    /** Longest side of a picture, 2048 pixels by default. */
    public Builder maxPicturePx(int value) {
      maxPicturePx = value;
      return this;
    }

    /** Most texts of one request for embeddings, 2048 by default. */
    public Builder maxTexts(int value) {
      maxTexts = value;
      return this;
    }

    /** Whether text models are refused whose answers change with the company that they are computed in; they are taken by default, with a note. */
    public Builder exact(boolean value) {
      exact = value;
      return this;
    }

    /** How long a request may take, waiting included; ten minutes by default. */
    public Builder requestMillis(long value) {
      requestMillis = value;
      return this;
    }

    /** How long a connection may be without a byte where one is waited for; 30 s by default. */
    public Builder idleMillis(long value) {
      idleMillis = value;
      return this;
    }

    /** How long requests under way may go on after {@link SampoServer#stop}; 30 s by default. */
    public Builder graceMillis(long value) {
      graceMillis = value;
      return this;
    }

    /**
     * The settings.
     *
     * @throws RequestException if one of them cannot be
     */
    public ServerConfig build() {
      if (port < 0 || port > 65535) {
        throw new RequestException("port", "port is " + port + "; wanted 0 to 65535.");
      }
      atLeast("maxBodyBytes", maxBodyBytes, 1);
      atLeast("maxConnections", maxConnections, 1);
      atLeast("maxQueue", maxQueue, 1);
      atLeast("maxBatch", maxBatch, 1);
      atLeast("maxCacheBytes", maxCacheBytes, 1);
      atLeast("maxPromptTokens", maxPromptTokens, 1);
      atLeast("maxCompletionTokens", maxCompletionTokens, 1);
      atLeast("maxChoices", maxChoices, 1);
      atLeast("maxPictures", maxPictures, 1);
      atLeast("maxPicturePx", maxPicturePx, 1);
      atLeast("maxTexts", maxTexts, 1);
      atLeast("requestMillis", requestMillis, 1);
      atLeast("idleMillis", idleMillis, 1);
      atLeast("graceMillis", graceMillis, 0);
      for (String key : apiKeys) {
        if (key.trim().isEmpty()) {
          throw new RequestException("apiKeys", "A key is empty: leave it out.");
        }
      }
      return new ServerConfig(copy());
    }

    private static void atLeast(String option, long value, long least) {
      if (value < least) {
        throw new RequestException(
            option, option + " is " + value + "; wanted " + least + " or more.");
      }
    }
  }
}
