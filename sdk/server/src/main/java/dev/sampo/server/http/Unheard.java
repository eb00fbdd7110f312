package dev.sampo.server.http;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.ServerConnector;

/**
 * Ends connections that have not come to a request in their time. An idle timeout does not: a client that sends a byte of a header now and then is
 * never idle, and each such connection takes a place from others.
 */
final class Unheard {
  private static final long AT_WORK = Long.MAX_VALUE;

  private final ServerConnector connector;
  private final long millis;

  /** By connection: when its last request was answered, or {@link #AT_WORK}. */
  private final Map<EndPoint, Long> heard = new ConcurrentHashMap<>();

  Unheard(ServerConnector connector, long millis) {
    this.connector = connector;
    this.millis = millis;
  }

  void begins(EndPoint end) {
    heard.put(end, AT_WORK);
  }

  void ends(EndPoint end) {
    heard.put(end, System.currentTimeMillis());
  }

  /** To be called once, when the server has started; goes on by itself. */
  void watch() {
    if (connector.isRunning()) {
      connector
          .getScheduler()
          .schedule(this::look, Math.max(20, millis / 2), TimeUnit.MILLISECONDS);
    }
  }

  private void look() {
    long now = System.currentTimeMillis();
    heard.keySet().removeIf(end -> !end.isOpen());
    for (EndPoint end : connector.getConnectedEndPoints()) {
      long since = heard.getOrDefault(end, end.getCreatedTimeStamp());
      if (since != AT_WORK && now - since > millis) {
        end.close();
      }
    }
    watch();
  }
}
