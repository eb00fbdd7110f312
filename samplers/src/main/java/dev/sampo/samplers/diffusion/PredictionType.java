package dev.sampo.samplers.diffusion;

/**
 * What the model's output m means. With x = alpha x0 + sigma eps, both x0 and eps are weighted sums of x and m; the methods give
 * the weights.
 */
public enum PredictionType {
  /** m = eps. Ho et al. 2020, arXiv:2006.11239. */
  EPSILON("epsilon"),
  /** m = x0. */
  SAMPLE("sample"),
  /** m = v = alpha eps - sigma x0. Salimans and Ho 2022, arXiv:2202.00512. */
  V("v_prediction"),
  /** m = eps - x0, with alpha = 1 - sigma. Lipman et al. 2022, arXiv:2210.02747. */
  FLOW("flow_prediction");

  private final String key;

  PredictionType(String key) {
    this.key = key;
  }

  /** The spelling of the configuration file. */
  public String key() {
    return key;
  }

  /**
   * The configuration's {@code prediction_type}.
   *
   * @param allowed what the algorithm knows
   * @throws SchedulerException if the word is none of them
   */
  public static PredictionType read(
      SchedulerConfig config, String scheduler, PredictionType... allowed) {
    String text = config.text("prediction_type", "epsilon");
    String name = text.equals("original_sample") ? "sample" : text;
    StringBuilder names = new StringBuilder();
    for (PredictionType type : allowed) {
      if (type.key.equals(name)) {
        return type;
      }
      names.append(names.length() == 0 ? "" : ", ").append(type.key);
    }
    throw new SchedulerException(
        scheduler,
        "prediction_type",
        "prediction_type '" + text + "' is not supported; it can be one of " + names + ".");
  }

  /** Weight of x in x0, alpha^2 + sigma^2 = 1 (or alpha = 1 - sigma for a flow). */
  public double originalFromSample(double alpha, double sigma) {
    return switch (this) {
      case EPSILON -> 1 / alpha;
      case SAMPLE -> 0;
      case V -> alpha;
      case FLOW -> 1;
    };
  }

  /** Weight of m in x0. */
  public double originalFromOutput(double alpha, double sigma) {
    return switch (this) {
      case EPSILON -> -sigma / alpha;
      case SAMPLE -> 1;
      case V, FLOW -> -sigma;
    };
  }

  /** Weight of x in eps. */
  public double noiseFromSample(double alpha, double sigma) {
    return switch (this) {
      case EPSILON -> 0;
      case SAMPLE -> 1 / sigma;
      case V -> sigma;
      case FLOW -> 1;
    };
  }

  /** Weight of m in eps. */
  public double noiseFromOutput(double alpha, double sigma) {
    return switch (this) {
      case EPSILON -> 1;
      case SAMPLE -> -alpha / sigma;
      case V, FLOW -> alpha;
    };
  }

  /** Weight of x in x0 where x = x0 + sigma eps and the model saw x / sqrt(sigma^2 + 1). */
  public double denoisedFromSample(double sigma) {
    return switch (this) {
      case SAMPLE -> 0;
      case V -> 1 / (sigma * sigma + 1);
      default -> 1;
    };
  }

  /** Weight of m in x0 where x = x0 + sigma eps. */
  public double denoisedFromOutput(double sigma) {
    return switch (this) {
      case SAMPLE -> 1;
      case V -> -sigma / Math.sqrt(sigma * sigma + 1);
      default -> -sigma;
    };
  }
}
