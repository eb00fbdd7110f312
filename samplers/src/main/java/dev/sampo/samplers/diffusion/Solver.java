package dev.sampo.samplers.diffusion;

/**
 * The arithmetic of one run: what happens between two calls of the model. A solver belongs to one {@link DiffusionRun}; it
 * allocates its buffers when it is made and nothing afterwards.
 */
public interface Solver {

  /**
   * One step, in place.
   *
   * @param x the sample; x_t on entry, the sample for the next model call on return
   * @param output what the model answered; may be overwritten
   * @param i index of the model call in the schedule
   */
  void step(float[] x, float[] output, int i);

  /** As {@link #step}, and writes the clean sample that the step went by; after any noise that the step itself added. */
  default void step(float[] x, float[] output, int i, float[] original) {
    original(x, output, i, original);
    step(x, output, i);
  }

  /** What the model wants the sample multiplied by before call {@code i}. */
  default double inputScale(int i) {
    return 1.0;
  }

  /** The clean sample that the model's answer to call {@code i} stands for; to be asked before {@link #step}. */
  void original(float[] x, float[] output, int i, float[] out);

  /** The forward process at the time of call {@code i}. */
  Marginal marginal(int i);

  /** What the solver has to remember to go on later. */
  default SolverState save() {
    return SolverState.NONE;
  }

  /** Takes back what {@link #save} gave. */
  default void restore(SolverState state) {}
}
