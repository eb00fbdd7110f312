package dev.sampo.diffusion;

import dev.sampo.runtime.SampoException;
import org.jspecify.annotations.Nullable;

/** A request that a diffusion model cannot fulfil: what is wrong, with which value, and how to mend it. */
public final class DiffusionException extends SampoException {
  private static final long serialVersionUID = 1L;

  private final @Nullable String option;

  /**
   * An error about one option of the request.
   *
   * @param option its name in the request, or null
   */
  public DiffusionException(@Nullable String option, String message) {
    super(message);
    this.option = option;
  }

  /** The option of the request at fault, or null. */
  public @Nullable String option() {
    return option;
  }
}
