package dev.sampo.tokenizer;

import dev.sampo.error.SampoException;

/** A tokenizer file that cannot be read, or a text that a tokenizer cannot take. The message says where. */
public class TokenizerException extends SampoException {
  private static final long serialVersionUID = 1L;

  /** An error with a message that says what is wrong, and where. */
  public TokenizerException(String message) {
    super(message);
  }

  /** The same, caused by another error. */
  public TokenizerException(String message, Throwable cause) {
    super(message, cause);
  }
}
