package dev.sampo.server.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/** A request that is answered with an error, in OpenAI's form. */
final class ApiException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final int status;
  private final String type;
  private final @Nullable String param;
  private final @Nullable String code;
  private final int retryAfterSeconds;

  private ApiException(
      int status,
      String type,
      @Nullable String param,
      @Nullable String code,
      int retryAfterSeconds,
      String message,
      @Nullable Throwable cause) {
    super(message, cause);
    this.status = status;
    this.type = type;
    this.param = param;
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  private static ApiException of(
      int status, String type, @Nullable String param, @Nullable String code, String message) {
    return new ApiException(status, type, param, code, 0, message, null);
  }

  /** 400: a field of the request is at fault. */
  static ApiException badRequest(@Nullable String param, String message) {
    return of(400, "invalid_request_error", param, null, message);
  }

  /** 400 with what it came from. */
  static ApiException badRequest(@Nullable String param, String message, Throwable cause) {
    return new ApiException(400, "invalid_request_error", param, null, 0, message, cause);
  }

  /** 400 with a code that clients know. */
  static ApiException badRequest(String param, String code, String message) {
    return of(400, "invalid_request_error", param, code, message);
  }

  /** 401: no key, or a wrong one. */
  static ApiException unauthorized(String message) {
    return of(401, "invalid_request_error", null, "invalid_api_key", message);
  }

  /** 403: a page of another site. */
  static ApiException forbidden(String message) {
    return of(403, "invalid_request_error", null, "forbidden", message);
  }

  /** 404: no such path. */
  static ApiException notFound(String path) {
    return of(404, "invalid_request_error", null, "unknown_url", "There is nothing at " + path);
  }

  /** 404: no such model. */
  static ApiException noModel(String message) {
    return of(404, "invalid_request_error", "model", "model_not_found", message);
  }

  /** 405: the path wants another method. */
  static ApiException method(String message) {
    return of(405, "invalid_request_error", null, "method_not_supported", message);
  }

  /** 408: too slow a body. */
  static ApiException slow(String message) {
    return of(408, "invalid_request_error", null, "request_timeout", message);
  }

  /** 413: too large a body. */
  static ApiException tooLarge(String message) {
    return of(413, "invalid_request_error", null, "request_too_large", message);
  }

  /** 415: not JSON. */
  static ApiException mediaType(String message) {
    return of(415, "invalid_request_error", null, "unsupported_media_type", message);
  }

  /** 429: the queue is full. */
  static ApiException busy(int retryAfterSeconds, String message) {
    return new ApiException(
        429, "requests", null, "rate_limit_exceeded", retryAfterSeconds, message, null);
  }

  /** 503: the server stops. */
  static ApiException stopping() {
    return new ApiException(
        503, "server_error", null, "server_stopping", 5, "The server is stopping.", null);
  }

  /** 504: it took too long. */
  static ApiException timeout(String message) {
    return of(504, "server_error", null, "timeout", message);
  }

  /** 500: our fault, or the model's. */
  static ApiException failed(String message, Throwable cause) {
    return new ApiException(500, "server_error", null, "server_error", 0, message, cause);
  }

  int status() {
    return status;
  }

  /** When to come back; 0 for not said. */
  int retryAfterSeconds() {
    return retryAfterSeconds;
  }

  /** The body of the answer. */
  ObjectNode toJson() {
    ObjectNode root = Json.object();
    ObjectNode error = root.putObject("error");
    error.put("message", getMessage());
    error.put("type", type);
    error.put("param", param);
    error.put("code", code);
    return root;
  }
}
