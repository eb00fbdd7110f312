package dev.sampo.server.http;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One request and its answer. Belongs to the thread that handles it. */
public interface HttpCall {
  /** {@code GET}, {@code POST} and so on. */
  String method();

  /** The path, decoded, without the query; begins with a slash. */
  String path();

  /** A header of the request; null where it is missing. */
  @Nullable String header(String name);

  /**
   * The body.
   *
   * @throws TooLargeException if it has more bytes
   * @throws SlowBodyException if a client takes its time with it
   */
  byte[] body(long maxBytes) throws IOException;

  /**
   * The parts of a body of type {@code multipart/form-data}, by name.
   *
   * @throws TooLargeException if the body has more bytes
   * @throws IOException if the body is none
   */
  Map<String, Part> form(long maxBytes) throws IOException;

  /** A header of the answer; before it begins. */
  void setHeader(String name, String value);

  /** Answers at once. */
  void answer(int status, String contentType, byte[] body) throws IOException;

  /** Begins an answer whose end is not known; each write is sent at once, and closing ends it. A client that went away shows as an error of a write. */
  OutputStream begin(int status, String contentType) throws IOException;

  /** Whether the answer has begun. */
  boolean begun();

  /** Whether the client has closed its connection, as far as is known by now. Does not block. */
  boolean gone();

  /**
   * A part of a form.
   *
   * @param fileName the name that the client gives the file, or null for a plain field
   * @param bytes the content
   */
  @SuppressWarnings("ArrayRecordComponent") // a plain carrier, never compared
  record Part(@Nullable String fileName, byte[] bytes) {}

  /** A body that comes in too slowly. */
  final class SlowBodyException extends IOException {
    private static final long serialVersionUID = 1;

    /** So many bytes in so many milliseconds. */
    public SlowBodyException(long bytes, long millis) {
      super("The body came too slowly: " + bytes + " bytes in " + millis / 1000.0 + " s.");
    }
  }

  /** A body that is larger than allowed. */
  final class TooLargeException extends IOException {
    private static final long serialVersionUID = 1;

    /** A body of more than so many bytes. */
    public TooLargeException(long maxBytes) {
      super("The body is larger than the " + maxBytes + " bytes that this server takes.");
    }
  }
}
