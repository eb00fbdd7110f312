package dev.sampo.picture;

/**
 * How long and how wide a {@link LatentSearch} looks.
 *
 * @param maxEvaluations how many latents are decoded at most
 * @param targetLoss the search ends when the loss is this small
 * @param sigma how far the first candidates lie from the start (a standard deviation of each value); of a gradient search the learning
 *     rate
 * @param population candidates a generation of the evolution; 0 for {@code 4 + 3 ln n}
 * @param seed of the candidates
 */
public record SearchConfig(
    int maxEvaluations, double targetLoss, double sigma, int population, long seed) {
  /** Checks the numbers. */
  public SearchConfig {
    if (maxEvaluations < 1 || !(sigma > 0) || (population != 0 && population < 4)) {
      throw new IllegalArgumentException(
          "Wanted maxEvaluations >= 1, sigma > 0 and population 0 or >= 4, got "
              + maxEvaluations
              + ", "
              + sigma
              + " and "
              + population
              + ".");
    }
  }

  /** An evolution: 4,000 evaluations, step 0.5, the usual population. */
  public static SearchConfig evolution(long seed) {
    return new SearchConfig(4000, 0, 0.5, 0, seed);
  }

  /** A gradient search: 300 steps, learning rate 0.05. */
  public static SearchConfig gradient() {
    return new SearchConfig(300, 0, 0.05, 0, 0);
  }
}
