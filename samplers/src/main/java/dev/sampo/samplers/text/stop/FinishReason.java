package dev.sampo.samplers.text.stop;

import java.util.Locale;

/** Why a sequence ended. */
public enum FinishReason {
  /** An end token. */
  EOS,
  /** The maximal length, or the time limit. */
  LENGTH,
  /** A stop string or a rule of the caller's. */
  STOP,
  /** Somebody gave up. */
  CANCELLED;

  /** As it is printed: {@code eos}, {@code length}, {@code stop}, {@code cancelled}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
