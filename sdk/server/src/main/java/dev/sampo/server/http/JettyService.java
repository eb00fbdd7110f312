package dev.sampo.server.http;

import java.io.IOException;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.EofException;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Jetty's server, HTTP/1.1. A request has a thread until it is answered: as many threads as connections, and a few of Jetty's own. */
final class JettyService implements HttpService {
  private static final Logger LOG = LoggerFactory.getLogger(JettyService.class);
  private static final int OWN_THREADS = 8;
  private static final int HEADER_BYTES = 16 * 1024;
  private static final int THREAD_IDLE_MILLIS = 10_000;
  private static final long CROWDED_IDLE_MILLIS = 2_000;

  private final Server server;
  private final ServerConnector connector;

  private JettyService(Server server, ServerConnector connector) {
    this.server = server;
    this.connector = connector;
  }

  static HttpService start(Options options, HttpHandler handler) throws IOException {
    QueuedThreadPool threads =
        new QueuedThreadPool(
            options.maxConnections() + OWN_THREADS, OWN_THREADS, THREAD_IDLE_MILLIS);
    threads.setName("sampo-http");
    threads.setDaemon(true);
    threads.setMaxEvictCount(options.maxConnections());
    Server server = new Server(threads);
    HttpConfiguration http = new HttpConfiguration();
    http.setSendServerVersion(false);
    http.setSendDateHeader(true);
    http.setRequestHeaderSize(HEADER_BYTES);
    http.setResponseHeaderSize(HEADER_BYTES);
    ServerConnector connector = new ServerConnector(server, 1, 1, new HttpConnectionFactory(http));
    connector.setHost(options.host());
    connector.setPort(options.port());
    connector.setIdleTimeout(options.idleMillis());
    server.addConnector(connector);
    NetworkConnectionLimit limit = new NetworkConnectionLimit(options.maxConnections(), connector);
    // Where others wait, a connection that does nothing makes room sooner.
    limit.setEndPointIdleTimeout(Math.min(options.idleMillis(), CROWDED_IDLE_MILLIS));
    server.addBean(limit);
    Unheard unheard = new Unheard(connector, options.idleMillis());
    server.setHandler(new Adapter(handler, unheard, options.idleMillis()));
    server.setStopTimeout(0);
    try {
      server.start();
    } catch (IOException e) {
      stop(server);
      throw e;
    } catch (Exception e) {
      stop(server);
      throw new IOException("The HTTP server did not start: " + e.getMessage(), e);
    }
    unheard.watch();
    return new JettyService(server, connector);
  }

  private static void stop(Server server) {
    try {
      server.stop();
    } catch (Exception e) {
      LOG.warn("The HTTP server did not stop in order", e);
    }
  }

  @Override
  public int port() {
    return connector.getLocalPort();
  }

  @Override
  public void stopListening() {
    connector.close();
  }

  @Override
  public void close() {
    stop(server);
  }

  /** Hands Jetty's requests to ours. */
  private static final class Adapter extends Handler.Abstract {
    private final HttpHandler handler;
    private final Unheard unheard;
    private final long slowMillis;

    Adapter(HttpHandler handler, Unheard unheard, long slowMillis) {
      this.handler = handler;
      this.unheard = unheard;
      this.slowMillis = slowMillis;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
      // A long computation is no idle connection: only reads and writes may time out.
      request.addIdleTimeoutListener(timeout -> false);
      EndPoint end = request.getConnectionMetaData().getConnection().getEndPoint();
      unheard.begins(end);
      try {
        handler.handle(new JettyCall(request, response, slowMillis));
        callback.succeeded();
      } catch (IOException | RuntimeException e) {
        LOG.debug("{} was not answered", request.getHttpURI().getPath(), e);
        // Whoever is at the other end cannot tell half an answer from a whole one, unless the
        // connection ends with it.
        end.close();
        callback.failed(new EofException(e));
      } finally {
        unheard.ends(end);
      }
      return true;
    }
  }
}
