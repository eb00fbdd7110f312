package dev.sampo.server;

import dev.sampo.error.RequestException;
import dev.sampo.server.http.HttpService;
import dev.sampo.server.openai.Api;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Serves models over HTTP: OpenAI's interface, {@code /health}, {@code /metrics}, and a page at {@code /}.
 *
 * <pre>{@code
 * ServedModel model = ServedModel.open("words", ModelFolder.open(path), SessionConfig.defaults());
 * try (SampoServer server = SampoServer.start(ServerConfig.builder().build(), List.of(model))) {
 *   ...
 * } finally {
 *   model.model().close();
 * }
 * }</pre>
 *
 * <p>The models stay the caller's: close them after the server.
 */
public final class SampoServer implements AutoCloseable {
  private final ServerConfig config;
  private final Api api;
  private final HttpService http;

  private SampoServer(ServerConfig config, Api api, HttpService http) {
    this.config = config;
    this.api = api;
    this.http = http;
  }

  /**
   * Starts a server.
   *
   * @throws RequestException if there is no model, two have one name, or the address is not the machine's own loopback and there is no key
   * @throws IOException if it cannot listen there
   */
  public static SampoServer start(ServerConfig config, List<ServedModel> models)
      throws IOException {
    if (models.isEmpty()) {
      throw new RequestException("models", "A server needs a model.");
    }
    Set<String> names = new HashSet<>();
    for (ServedModel model : models) {
      if (!names.add(model.id())) {
        throw new RequestException(
            "models", "Two models are called " + model.id() + ": give one another name.");
      }
    }
    boolean loopback = loopback(config.host());
    if (!loopback && config.apiKeys().isEmpty()) {
      throw new RequestException(
          "host",
          config.host()
              + " can be reached from other machines, so the server wants keys there"
              + " (--api-key-file). Without keys it listens on 127.0.0.1 only.");
    }
    Api api = new Api(config, loopback, new ArrayList<>(models));
    HttpService http;
    try {
      http =
          HttpService.start(
              new HttpService.Options(
                  config.host(), config.port(), config.maxConnections(), config.idleMillis()),
              api);
    } catch (IOException | RuntimeException e) {
      api.close();
      throw e;
    }
    return new SampoServer(config, api, http);
  }

  private static boolean loopback(String host) throws UnknownHostException {
    for (InetAddress address : InetAddress.getAllByName(host)) {
      if (!address.isLoopbackAddress()) {
        return false;
      }
    }
    return true;
  }

  /** The port it listens on. */
  public int port() {
    return http.port();
  }

  /** Where it is, without a slash at the end. */
  public String url() {
    String host = config.host().indexOf(':') >= 0 ? "[" + config.host() + "]" : config.host();
    return "http://" + host + ":" + port();
  }

  /** Remarks about the models that who starts the server should read; one a line. */
  public List<String> notes() {
    return api.notes();
  }

  /**
   * Stops: new requests are turned away (503), those under way may go on for {@link ServerConfig#graceMillis}, and are given up then. Not for a shutdown
   * hook of the JVM: ONNX Runtime has one of its own, which runs at the same time and takes away what requests under way need. Stop the server before
   * the JVM begins to end, from a signal's handler for one.
   *
   * @return whether all of them ended by themselves
   */
  public boolean stop() {
    api.drain();
    http.stopListening();
    boolean all = api.awaitIdle(config.graceMillis());
    close();
    return all;
  }

  /** Stops without waiting: requests under way are given up. */
  @Override
  public void close() {
    api.close();
    http.close();
  }
}
