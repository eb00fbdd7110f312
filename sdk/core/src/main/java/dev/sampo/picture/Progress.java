package dev.sampo.picture;

/** Told how far a long call has come. Called on the thread that makes the call. */
@FunctionalInterface
public interface Progress {
  /** Nobody listens. */
  Progress NONE = (done, total) -> {};

  /**
   * Called when some more is done.
   *
   * @param done units done: pictures, pixels, sound samples or evaluations, as the called method says
   * @param total units in all
   */
  void update(long done, long total);
}
