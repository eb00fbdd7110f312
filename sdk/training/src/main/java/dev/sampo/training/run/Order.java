package dev.sampo.training.run;

import dev.sampo.error.SampoException;

/**
 * Which examples a step gets: every epoch is a permutation of its own, drawn from the seed. The rest of an epoch that
 * does not fill a batch is left out. Keeps the last permutation only.
 */
public final class Order {
  private final int examples;
  private final int batch;
  private final long seed;
  private long epoch = -1;
  private int[] permutation = {};

  /**
   * @throws SampoException if there are fewer examples than fill one batch
   */
  public Order(int examples, int batch, long seed) {
    if (examples < batch) {
      throw new SampoException(
          "There are "
              + examples
              + " examples, but a batch needs "
              + batch
              + ". Give more data or a smaller batch.");
    }
    this.examples = examples;
    this.batch = batch;
    this.seed = seed;
  }

  public int stepsPerEpoch() {
    return examples / batch;
  }

  /** Indices of the examples of a step. */
  public int[] at(long step) {
    long wanted = step / stepsPerEpoch();
    if (wanted != epoch) {
      permutation = new StepRandom(seed, "order", wanted).permutation(examples);
      epoch = wanted;
    }
    int start = (int) (step % stepsPerEpoch()) * batch;
    int[] result = new int[batch];
    System.arraycopy(permutation, start, result, 0, batch);
    return result;
  }
}
