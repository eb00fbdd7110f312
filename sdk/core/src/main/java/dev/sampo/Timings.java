package dev.sampo;

/**
 * Where the time of a request went, in milliseconds; the same for all families.
 *
 * @param loadMillis opening the model, before the request
 * @param prefillMillis all before the first step: prompts, encoders, start noise
 * @param loopMillis the steps: tokens, denoising steps, batches
 * @param modelMillis of the whole, inside ONNX Runtime's {@code run}
 * @param totalMillis the whole request, decoding of the result included, loading not
 * @param steps steps of the loop
 * @param queueMillis waiting for a place, before all else; 0 where a request did not wait
 * @param firstTokenMillis from the request to its first token, waiting included; 0 where there are no tokens, or they come all at once
 */
public record Timings(
    double loadMillis,
    double prefillMillis,
    double loopMillis,
    double modelMillis,
    double totalMillis,
    long steps,
    double queueMillis,
    double firstTokenMillis) {

  /** Times of a request that did not wait, and has no first token. */
  public Timings(
      double loadMillis,
      double prefillMillis,
      double loopMillis,
      double modelMillis,
      double totalMillis,
      long steps) {
    this(loadMillis, prefillMillis, loopMillis, modelMillis, totalMillis, steps, 0, 0);
  }

  /** Steps of the loop a second; 0 where nothing was done. */
  public double stepsPerSecond() {
    return loopMillis > 0 ? steps * 1000.0 / loopMillis : 0;
  }
}
