package dev.sampo.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.runtime.Tensor;
import dev.sampo.text.TextGenerator;
import dev.sampo.text.Transcript;
import dev.sampo.text.WhisperLongForm;
import dev.sampo.text.WhisperOptions;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How sounds of any length are gone over, window by window. */
final class AudioOptions {
  @Option(
      names = "--temperatures",
      paramLabel = "T,T",
      split = ",",
      description =
          "With --audio: temperatures of the attempts at each 30 seconds, such as"
              + " 0,0.2,0.4,0.6,0.8,1: the next is taken where a threshold is not met.")
  private double[] temperatures = new double[0];

  @Option(
      names = "--compression-ratio-threshold",
      paramLabel = "X",
      description =
          "With --audio: try again what repeats so much that zlib makes it X times smaller.")
  private @Nullable Double compressionRatioThreshold;

  @Option(
      names = "--logprob-threshold",
      paramLabel = "X",
      description = "With --audio: try again what has a lower mean log-probability, -1 for one.")
  private @Nullable Double logprobThreshold;

  @Option(
      names = "--no-speech-threshold",
      paramLabel = "P",
      description =
          "With --audio and --logprob-threshold: pass over 30 seconds that are more probably"
              + " silence.")
  private @Nullable Double noSpeechThreshold;

  @Option(
      names = "--condition-on-prev-tokens",
      description = "With --audio: tell the model what was said before.")
  private boolean conditionOnPrevTokens;

  @Option(
      names = "--initial-prompt",
      paramLabel = "TEXT",
      description =
          "With --audio: what the model takes for said before the sound, for the spelling of names"
              + " or a style.")
  private @Nullable String initialPrompt;

  @Option(
      names = "--carry-initial-prompt",
      description =
          "With --initial-prompt and --condition-on-prev-tokens: say it before every 30 seconds, not"
              + " only before the first.")
  private boolean carryInitialPrompt;

  /** Whether any was given. */
  boolean given() {
    return temperatures.length > 0
        || compressionRatioThreshold != null
        || logprobThreshold != null
        || noSpeechThreshold != null
        || conditionOnPrevTokens
        || initialPrompt != null
        || carryInitialPrompt;
  }

  /** Whether attempts may be repeated. */
  boolean retries() {
    return temperatures.length > 1;
  }

  /** Whether a sound is gone over in windows: it is longer than one, or an option or the model's folder asks for it. */
  boolean longForm(TextGenerator generator, Tensor features) {
    return given()
        || generator.isEncoderDecoder()
            && WhisperLongForm.of(generator).goesOver(features.shape().dim(2));
  }

  WhisperOptions options() {
    return WhisperOptions.builder()
        .temperatures(temperatures)
        .compressionRatioThreshold(compressionRatioThreshold)
        .logprobThreshold(logprobThreshold)
        .noSpeechThreshold(noSpeechThreshold)
        .conditionOnPrevTokens(conditionOnPrevTokens ? Boolean.TRUE : null)
        .prompt(initialPrompt)
        .promptForAllSegments(carryInitialPrompt)
        .build();
  }

  /** The text, or a line a segment with its times. */
  static void print(Transcript transcript, boolean times, PrintStream out) {
    if (!times) {
      out.println(transcript.text().isEmpty() ? ids(transcript.ids()) : transcript.text());
      return;
    }
    for (Transcript.Segment segment : transcript.segments()) {
      out.printf(
          Locale.ROOT,
          "[%.2f - %.2f] %s%n",
          segment.startSeconds(),
          segment.endSeconds(),
          segment.text().isEmpty()
              ? ids(segment.ids().stream().mapToInt(Integer::intValue).toArray())
              : segment.text().trim());
    }
  }

  private static String ids(int... ids) {
    return Arrays.stream(ids).mapToObj(String::valueOf).collect(Collectors.joining(","));
  }

  static ObjectNode json(String model, Transcript transcript) {
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    document.put("model", model).put("seed", transcript.seed()).put("text", transcript.text());
    ArrayNode segments = document.putArray("segments");
    for (Transcript.Segment segment : transcript.segments()) {
      ObjectNode node =
          segments
              .addObject()
              .put("start", segment.startSeconds())
              .put("end", segment.endSeconds())
              .put("text", segment.text());
      ArrayNode ids = node.putArray("ids");
      segment.ids().forEach(ids::add);
    }
    document
        .putObject("timing")
        .put("load_ms", transcript.timings().loadMillis())
        .put("prefill_ms", transcript.timings().prefillMillis())
        .put("decode_ms", transcript.timings().loopMillis());
    return document;
  }
}
