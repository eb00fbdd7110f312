package dev.sampo.server.http;

import java.io.IOException;

/** An HTTP server that runs. The one place that knows which library does it. */
public interface HttpService extends AutoCloseable {
  /**
   * How it listens, and its bounds.
   *
   * @param host name or address of an interface of this machine
   * @param port 0 for a free one
   * @param maxConnections most connections at the same time; more are not accepted until one ends
   * @param idleMillis a connection that neither sends nor takes a byte for so long while one of both is waited for is closed
   */
  record Options(String host, int port, int maxConnections, long idleMillis) {}

  /**
   * Starts one.
   *
   * @throws IOException if it cannot listen there
   */
  static HttpService start(Options options, HttpHandler handler) throws IOException {
    return JettyService.start(options, handler);
  }

  /** The port it listens on. */
  int port();

  /** Takes no more connections; those that are open go on. */
  void stopListening();

  /** Closes all connections. */
  @Override
  void close();
}
