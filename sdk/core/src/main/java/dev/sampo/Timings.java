package dev.sampo;

/**
 * Where the time of a request went, in milliseconds; the same for all families.
 *
 * @param loadMillis opening the model, before the request
 * @param prefillMillis all before the first step: prompts, encoders, start noise
 * @param loopMillis the steps: tokens, denoising steps, batches
 * @param modelMillis of the whole, inside ONNX Runtime's {@code run}; 0 where it was not measured
 * @param totalMillis the whole request, decoding of the result included, loading not
 * @param steps steps of the loop
 */
public record Timings(
    double loadMillis,
    double prefillMillis,
    double loopMillis,
    double modelMillis,
    double totalMillis,
    long steps) {

  /** Steps of the loop a second; 0 where nothing was done. */
  public double stepsPerSecond() {
    return loopMillis > 0 ? steps * 1000.0 / loopMillis : 0;
  }
}
