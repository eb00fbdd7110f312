package dev.sampo.sound;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What to draw from a WaveNet.
 *
 * @param seed of the draws
 * @param count how many sounds; they are drawn side by side
 * @param classLabels one for all sounds, one each, or none: then sound i is of class i modulo their number
 * @param numSamples length without the prompt; 0 for the length that {@code sampo.json} states
 * @param temperature divides the logits: 1 as trained, 0 the likeliest level every time
 * @param prompt sound to go on from, -1..1, the same for all; empty for none. It is not repeated in the result
 */
@SuppressWarnings("ArrayRecordComponent") // copied in and out, compared by content
public record WaveNetRequest(
    long seed,
    int count,
    List<Integer> classLabels,
    int numSamples,
    double temperature,
    float[] prompt) {
  /** Checks the numbers. */
  public WaveNetRequest {
    classLabels = Collections.unmodifiableList(new ArrayList<>(classLabels));
    prompt = prompt.clone();
    if (count < 1 || numSamples < 0 || !(temperature >= 0) || Double.isInfinite(temperature)) {
      throw new IllegalArgumentException(
          "Wanted count >= 1, numSamples >= 0 and temperature >= 0, got "
              + count
              + ", "
              + numSamples
              + " and "
              + temperature
              + ".");
    }
  }

  /** So many sounds of the usual length from a seed, at temperature 1, of all classes in turn. */
  public static WaveNetRequest of(long seed, int count) {
    return new WaveNetRequest(seed, count, Collections.emptyList(), 0, 1, new float[0]);
  }

  /** The same for given classes. */
  public WaveNetRequest withClassLabels(List<Integer> labels) {
    return new WaveNetRequest(seed, count, labels, numSamples, temperature, prompt);
  }

  /** The same with another length. */
  public WaveNetRequest withNumSamples(int value) {
    return new WaveNetRequest(seed, count, classLabels, value, temperature, prompt);
  }

  /** The same at another temperature. */
  public WaveNetRequest withTemperature(double value) {
    return new WaveNetRequest(seed, count, classLabels, numSamples, value, prompt);
  }

  /** The same after a sound. */
  public WaveNetRequest withPrompt(float[] sound) {
    return new WaveNetRequest(seed, count, classLabels, numSamples, temperature, sound);
  }

  /** A copy of the prompt. */
  @Override
  public float[] prompt() {
    return prompt.clone();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof WaveNetRequest that
        && seed == that.seed
        && count == that.count
        && classLabels.equals(that.classLabels)
        && numSamples == that.numSamples
        && temperature == that.temperature
        && Arrays.equals(prompt, that.prompt);
  }

  @Override
  public int hashCode() {
    return 31 * Objects.hash(seed, count, classLabels, numSamples, temperature)
        + Arrays.hashCode(prompt);
  }

  @Override
  public String toString() {
    return "WaveNetRequest[seed="
        + seed
        + ", count="
        + count
        + ", classLabels="
        + classLabels
        + ", numSamples="
        + numSamples
        + ", temperature="
        + temperature
        + ", prompt of "
        + prompt.length
        + " samples]";
  }
}
