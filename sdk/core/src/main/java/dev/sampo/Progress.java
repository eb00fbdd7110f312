package dev.sampo;

/**
 * Told how far a piece of work is, on the thread that does it; one type for all families. Every request takes one ({@code progress(...)}).
 *
 * @param <S> what a family tells at each step; all of them tell {@link Step#done()} and {@link Step#total()}
 */
@FunctionalInterface
public interface Progress<S extends Progress.Step> {
  /**
   * Some more is done. What it throws ends the work.
   *
   * @param step how far the work is
   */
  void onStep(S step);

  /** How far a piece of work is. */
  interface Step {
    /** Units done: tokens, model calls, pictures, sound samples; the request says which. */
    long done();

    /** Units in all; an upper bound where the end is not known before. */
    long total();
  }

  /**
   * A step that says no more than how far the work is.
   *
   * @param done units done
   * @param total units in all
   */
  record Count(long done, long total) implements Step {}
}
