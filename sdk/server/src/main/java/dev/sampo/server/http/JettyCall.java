package dev.sampo.server.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.MultiPart;
import org.eclipse.jetty.http.MultiPartFormData;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Promise;
import org.eclipse.jetty.util.thread.Invocable;
import org.jspecify.annotations.Nullable;

/** A request of Jetty's, read and answered in blocking calls. */
final class JettyCall implements HttpCall {
  private static final int CHUNK = 8192;

  /** How much of a body that is too large is read and thrown away, so that the client gets to read why. */
  private static final long DRAIN_BYTES = 64L << 20;

  private static final int MAX_PARTS = 64;

  /** Bytes a second of a body, in the mean, once it has taken its time: a tenth of what a telephone line gave. */
  private static final long SLOW_BYTES = 512;

  private final Request request;
  private final Response response;
  private final long slowMillis;
  private boolean read;
  private boolean begun;
  private boolean sentMore;

  /**
   * One request.
   *
   * @param slowMillis how long a body may come in at less than {@link #SLOW_BYTES} a second
   */
  JettyCall(Request request, Response response, long slowMillis) {
    this.request = request;
    this.response = response;
    this.slowMillis = slowMillis;
  }

  @Override
  public String method() {
    return request.getMethod();
  }

  @Override
  public String path() {
    return Request.getPathInContext(request);
  }

  @Override
  public @Nullable String header(String name) {
    return request.getHeaders().get(name);
  }

  @Override
  public byte[] body(long maxBytes) throws IOException {
    read = true;
    if (request.getLength() > maxBytes + DRAIN_BYTES) {
      response.getHeaders().put(HttpHeader.CONNECTION, "close");
      throw new TooLargeException(maxBytes);
    }
    long begin = System.nanoTime();
    InputStream in = Content.Source.asInputStream(request);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] buffer = new byte[CHUNK];
    long length = 0;
    for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
      length += n;
      requireSpeed(length, (System.nanoTime() - begin) / 1_000_000);
      if (length <= maxBytes) {
        out.write(buffer, 0, n);
      } else if (length > maxBytes + DRAIN_BYTES) {
        break;
      }
    }
    if (length > maxBytes) {
      response.getHeaders().put(HttpHeader.CONNECTION, "close");
      throw new TooLargeException(maxBytes);
    }
    return out.toByteArray();
  }

  /** A body that comes in by single bytes is never idle, and holds a thread all the same. */
  private void requireSpeed(long length, long millis) throws IOException {
    if (millis > slowMillis && length * 1000 < SLOW_BYTES * millis) {
      response.getHeaders().put(HttpHeader.CONNECTION, "close");
      throw new SlowBodyException(length, millis);
    }
  }

  @Override
  public Map<String, Part> form(long maxBytes) throws IOException {
    String type = header("Content-Type");
    String boundary = type == null ? null : MultiPart.extractBoundary(type);
    if (boundary == null) {
      throw new IOException("The body is no multipart/form-data.");
    }
    byte[] body = body(maxBytes);
    MultiPartFormData.Parser parser = new MultiPartFormData.Parser(boundary);
    parser.setMaxParts(MAX_PARTS);
    parser.setMaxMemoryFileSize(maxBytes);
    parser.setMaxLength(maxBytes);
    Map<String, Part> parts = new LinkedHashMap<>();
    CompletableFuture<MultiPartFormData.Parts> parsing = new CompletableFuture<>();
    // All of it is in memory: the parser is done when it comes back.
    parser.parse(
        Content.Source.from(ByteBuffer.wrap(body)),
        Promise.Invocable.from(
            Invocable.InvocationType.NON_BLOCKING,
            parsing::complete,
            (Throwable failure) -> parsing.completeExceptionally(failure)));
    try (MultiPartFormData.Parts parsed = parsing.join()) {
      for (MultiPart.Part part : parsed) {
        ByteBuffer content = Content.Source.asByteBuffer(part.getContentSource());
        parts.put(part.getName(), new Part(part.getFileName(), BufferUtil.toArray(content)));
      }
    } catch (CompletionException | IllegalArgumentException | IllegalStateException e) {
      throw new IOException("The form cannot be read: " + e.getMessage(), e);
    }
    return parts;
  }

  @Override
  public void setHeader(String name, String value) {
    response.getHeaders().put(name, value);
  }

  @Override
  public void answer(int status, String contentType, byte[] body) throws IOException {
    open(status, contentType);
    response.getHeaders().put(HttpHeader.CONTENT_LENGTH, body.length);
    try (OutputStream out = Content.Sink.asOutputStream(response)) {
      if (!method().equals("HEAD")) {
        out.write(body);
      }
    }
  }

  @Override
  public OutputStream begin(int status, String contentType) {
    open(status, contentType);
    return Content.Sink.asOutputStream(response);
  }

  private void open(int status, String contentType) {
    if (begun) {
      throw new IllegalStateException("The answer has begun.");
    }
    begun = true;
    if (sentMore) {
      response.getHeaders().put(HttpHeader.CONNECTION, "close");
    }
    response.setStatus(status);
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, contentType);
  }

  @Override
  public boolean begun() {
    return begun;
  }

  /**
   * Between the last byte of a request and its answer a client of HTTP/1.1 sends nothing but its end, unless it pipelines; Jetty does not
   * read meanwhile. So one look at the socket tells. What a pipelining client sent is lost with the look, and the connection is closed after
   * the answer, which tells the client to send it again (RFC 9112, 9.3.2).
   */
  @Override
  public boolean gone() {
    if (!read || sentMore) {
      return false;
    }
    EndPoint end = request.getConnectionMetaData().getConnection().getEndPoint();
    if (!end.isOpen()) {
      return true;
    }
    try {
      int n = end.fill(BufferUtil.allocate(1));
      sentMore = n > 0;
      return n < 0;
    } catch (IOException e) {
      return true;
    }
  }
}
