package dev.sampo.samplers.diffusion;

import dev.sampo.error.RequestException;

/**
 * One single-use walk through a schedule. It owns the index and the solver's buffers and belongs to one thread.
 *
 * <p>For each model call: {@link #scaleInput}, the model at {@link #timestep()}, {@link #step}. Nothing is allocated after the
 * run was made.
 */
public final class DiffusionRun {
  private final Schedule schedule;
  private final SampleShape shape;
  private final Solver solver;
  private int index;

  /**
   * A run from its parts; schedulers call this.
   *
   * @param beginIndex index of the first model call: 0, or later for image to image
   * @throws RequestException if {@code beginIndex} is outside the schedule
   */
  public DiffusionRun(Schedule schedule, SampleShape shape, Solver solver, int beginIndex) {
    if (beginIndex < 0 || beginIndex > schedule.callCount()) {
      throw new RequestException(
          "beginIndex",
          "The run begins at index "
              + beginIndex
              + ", but the schedule has "
              + schedule.callCount()
              + " model calls.");
    }
    this.schedule = schedule;
    this.shape = shape;
    this.solver = solver;
    this.index = beginIndex;
  }

  /** The schedule that is walked through. */
  public Schedule schedule() {
    return schedule;
  }

  /** The shape of the sample. */
  public SampleShape shape() {
    return shape;
  }

  /** Index of the next model call. */
  public int index() {
    return index;
  }

  /** Whether every call was made. */
  public boolean isDone() {
    return index >= schedule.callCount();
  }

  /** The time to give to the next model call. */
  public double timestep() {
    requireGoing();
    return schedule.timestep(index);
  }

  /** What standard normal noise is multiplied by to begin with. */
  public double initNoiseSigma() {
    return schedule.initNoiseSigma();
  }

  /** What the next model call wants the sample multiplied by. */
  public double inputScale() {
    requireGoing();
    return solver.inputScale(index);
  }

  /** The model's input for the next call. {@code out} may be longer than the sample; the rest is left alone. */
  public void scaleInput(float[] sample, float[] out) {
    double scale = inputScale();
    if (scale == 1.0) {
      System.arraycopy(sample, 0, out, 0, sample.length);
      return;
    }
    for (int j = 0; j < sample.length; j++) {
      out[j] = (float) (sample[j] * scale);
    }
  }

  /** The clean sample that the model's answer stands for, into {@code out}. To be asked before {@link #step}. */
  public void predictOriginal(float[] sample, float[] modelOutput, float[] out) {
    requireGoing();
    requireLengths(sample, modelOutput);
    solver.original(sample, modelOutput, index, out);
  }

  /**
   * Goes one model call further.
   *
   * @param sample the sample, replaced by the next one
   * @param modelOutput the model's answer; twice as many channels where the model predicts variances too
   * @throws IllegalStateException after the last call
   * @throws RequestException if a length does not fit the shape
   */
  public void step(float[] sample, float[] modelOutput) {
    requireGoing();
    requireLengths(sample, modelOutput);
    solver.step(sample, modelOutput, index);
    index++;
  }

  /** As {@link #step(float[], float[])}, and writes the clean sample that the step went by into {@code original}. */
  public void step(float[] sample, float[] modelOutput, float[] original) {
    requireGoing();
    requireLengths(sample, modelOutput);
    solver.step(sample, modelOutput, index, original);
    index++;
  }

  /** x_t of a clean sample at the time of call {@code i}; after the last call there is no noise to add. */
  public void addNoise(float[] original, float[] noise, int i, float[] out) {
    if (i >= schedule.callCount()) {
      System.arraycopy(original, 0, out, 0, original.length);
      return;
    }
    solver.marginal(i).addNoise(original, noise, out);
  }

  /** The forward process at the time of call {@code i}. */
  public Marginal marginal(int i) {
    return solver.marginal(i);
  }

  /** The index and the solver's memory, for {@link #restore}. */
  public State save() {
    return new State(index, solver.save());
  }

  /** Goes back to a saved state of a run with the same scheduler, options and shape. */
  public void restore(State state) {
    index = state.index();
    solver.restore(state.solver());
  }

  private void requireGoing() {
    if (isDone()) {
      throw new IllegalStateException(
          "This run has made its "
              + schedule.callCount()
              + " model calls; start another one from the scheduler.");
    }
  }

  private void requireLengths(float[] sample, float[] modelOutput) {
    int wanted = shape.length();
    if (sample.length != wanted) {
      throw new RequestException(
          null,
          "The sample has "
              + sample.length
              + " elements, the run's shape "
              + shape
              + " has "
              + wanted
              + ".");
    }
    if (modelOutput.length != wanted && modelOutput.length != 2 * wanted) {
      throw new RequestException(
          null,
          "The model's output has "
              + modelOutput.length
              + " elements, wanted "
              + wanted
              + " for the run's shape "
              + shape
              + ", or twice as many where the model predicts variances.");
    }
  }

  /**
   * A saved run.
   *
   * @param index index of the next model call
   * @param solver the solver's memory
   */
  public record State(int index, SolverState solver) {}
}
