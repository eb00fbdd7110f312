package dev.sampo.tokenizer.chat;

import dev.sampo.error.SampoException;
import org.jspecify.annotations.Nullable;

/** A chat template that is not understood, or that refuses a conversation. The message names the line. */
public class ChatTemplateException extends SampoException {
  private static final long serialVersionUID = 1L;

  /** An error with a message that says what is wrong. */
  public ChatTemplateException(String message) {
    super(message);
  }

  /** The same, caused by another error. */
  public ChatTemplateException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
