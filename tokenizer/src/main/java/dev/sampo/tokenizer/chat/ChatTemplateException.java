package dev.sampo.tokenizer.chat;

import dev.sampo.tokenizer.TokenizerException;

/** A chat template that cannot be read, or that refuses the conversation ({@code raise_exception}). */
public class ChatTemplateException extends TokenizerException {
  private static final long serialVersionUID = 1L;

  /** An error with its message. */
  public ChatTemplateException(String message) {
    super(message);
  }
}
