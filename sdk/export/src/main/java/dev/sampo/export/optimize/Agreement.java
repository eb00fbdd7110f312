package dev.sampo.export.optimize;

import dev.sampo.error.SampoException;
import dev.sampo.model.ModelFolder;
import dev.sampo.model.ModelGraph;
import dev.sampo.runtime.ElementType;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.Outputs;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.runtime.TensorInfo;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.TextGenerator;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * Compares a rewritten model with the one it was: all scores of a text, the scores of steps, and what it generates from several prompts of unequal
 * length, the way in which the runtime pads, steps and keeps caches included.
 */
final class Agreement {
  private static final double TOLERANCE = 1e-4;
  private static final int NEW_TOKENS = 16;
  private static final int MOST = 160;

  private final Path before;
  private final Path after;
  private final int length;
  private double largest;

  /** The models differ; the message says in what. */
  static final class Disagreement extends SampoException {
    private static final long serialVersionUID = 1;

    Disagreement(String message) {
      super(message);
    }
  }

  /**
   * @param positions most positions that the model takes
   * @param window of its attention, 0 for none: texts go beyond it where that is not too long
   */
  Agreement(Path before, Path after, int positions, int window) {
    this.before = before;
    this.after = after;
    int wanted = window > 0 && window < MOST ? window + 32 : 48;
    this.length = Math.max(4, Math.min(wanted, positions - NEW_TOKENS - 1));
  }

  /** Largest difference of a score that was seen. */
  double largest() {
    return largest;
  }

  /**
   * Compares.
   *
   * @throws Disagreement if they differ
   * @throws SampoException if the new model does not load or run
   */
  void check() {
    ModelFolder old = ModelFolder.open(before);
    ModelFolder made = ModelFolder.open(after);
    int[] ids;
    try (TextGenerator a = TextGenerator.open(old, SessionConfig.defaults());
        TextGenerator b = TextGenerator.open(made, SessionConfig.defaults())) {
      ids = text(a, length);
      compareTexts(a, b, ids);
      compareGenerated(a, b, ids);
    }
    compareScores(graphOf(old), graphOf(made), ids);
  }

  /** Ids of the model's vocabulary, the same each time. */
  private static int[] text(TextGenerator generator, int count) {
    int[] ends = generator.generationConfig().eosTokenIds();
    Random random = new Random(17);
    int[] ids = new int[count];
    for (int i = 0; i < count; i++) {
      do {
        ids[i] = random.nextInt(generator.vocabularySize());
      } while (isIn(ends, ids[i]) && generator.vocabularySize() > ends.length);
    }
    return ids;
  }

  private static boolean isIn(int[] list, int id) {
    for (int each : list) {
      if (each == id) {
        return true;
      }
    }
    return false;
  }

  private void compareTexts(TextGenerator a, TextGenerator b, int[] ids) {
    double difference = differenceOf(a.score(ids).tokenLogProbs(), b.score(ids).tokenLogProbs());
    if (!(difference <= TOLERANCE)) {
      throw new Disagreement(
          "the logarithms of the probabilities of a text differ by up to " + difference);
    }
  }

  private static double differenceOf(double[] a, double[] b) {
    double most = 0;
    for (int i = 0; i < a.length; i++) {
      double difference = Math.abs(a[i] - b[i]) / Math.max(1, Math.abs(a[i]));
      most = Double.isNaN(difference) ? Double.NaN : Math.max(most, difference);
    }
    return most;
  }

  private void compareGenerated(TextGenerator a, TextGenerator b, int[] ids) {
    int[][] prompts = {
      Arrays.copyOf(ids, Math.max(1, length / 3)), ids, Arrays.copyOfRange(ids, length / 2, length)
    };
    int[][] wanted = generate(a, prompts);
    int[][] got = generate(b, prompts);
    for (int i = 0; i < prompts.length; i++) {
      if (!Arrays.equals(wanted[i], got[i])) {
        requireTie(a, b, prompts[i], wanted[i], got[i]);
      }
    }
  }

  /** Where two ids are as probable, rounding may choose; the texts then have to be as probable in both. */
  private static void requireTie(
      TextGenerator a, TextGenerator b, int[] prompt, int[] wanted, int[] got) {
    int at = Arrays.mismatch(wanted, got);
    int[] one = Arrays.copyOf(prompt, prompt.length + at + 1);
    System.arraycopy(wanted, 0, one, prompt.length, at + 1);
    int[] other = one.clone();
    other[other.length - 1] = got[Math.min(at, got.length - 1)];
    double first = last(a.score(one).tokenLogProbs());
    double second = last(a.score(other).tokenLogProbs());
    double check = last(b.score(one).tokenLogProbs());
    boolean tie = Math.abs(first - second) <= TOLERANCE && Math.abs(first - check) <= TOLERANCE;
    if (!tie) { // NaN is none
      throw new Disagreement(
          "they generate " + Arrays.toString(wanted) + " and " + Arrays.toString(got));
    }
  }

  private static double last(double[] values) {
    return values[values.length - 1];
  }

  private static int[][] generate(TextGenerator generator, int[][] prompts) {
    GenerationRequest.Builder request =
        GenerationRequest.builder()
            .config(
                GenerationConfig.builder()
                    .doSample(false)
                    .numBeams(1)
                    .minNewTokens(NEW_TOKENS)
                    .maxNewTokens(NEW_TOKENS)
                    .build());
    for (int[] prompt : prompts) {
      request.promptIds(prompt);
    }
    return generator.generate(request.build()).prompts().stream()
        .map(p -> p.sequences().get(0).ids())
        .toArray(int[][]::new);
  }

  static ModelGraph graphOf(ModelFolder folder) {
    return folder.graphs().values().iterator().next();
  }

  private void compareScores(ModelGraph a, ModelGraph b, int[] ids) {
    float[] wanted = scores(a, ids);
    float[] got = scores(b, ids);
    float most = 1;
    for (float x : wanted) {
      most = Math.max(most, Math.abs(x));
    }
    if (wanted.length != got.length) {
      throw new Disagreement("they give " + wanted.length + " and " + got.length + " scores");
    }
    for (int i = 0; i < wanted.length; i++) {
      double difference = Math.abs(wanted[i] - got[i]);
      if (!(difference <= TOLERANCE * most)) {
        throw new Disagreement("a score is " + wanted[i] + " and " + got[i]);
      }
      largest = Math.max(largest, difference);
    }
  }

  private static float[] scores(ModelGraph model, int[] ids) {
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    try (Graph graph = model.load(SessionConfig.defaults())) {
      graph.inputs().forEach((name, info) -> inputs.put(name, input(name, info, ids)));
      try (Outputs outputs =
          graph.run(inputs, Set.of("logits"), dev.sampo.runtime.CancellationToken.none())) {
        return outputs.get("logits").toFloats();
      }
    } finally {
      inputs.values().forEach(Tensor::close);
    }
  }

  private static Tensor input(String name, TensorInfo info, int[] ids) {
    int rank = info.shape().rank();
    if (rank == 4) {
      return Tensor.allocate(info.type(), Shape.of(1, info.shape().dim(1), 0, info.shape().dim(3)));
    }
    long[] dims = new long[rank];
    Arrays.fill(dims, 1);
    boolean row =
        name.equals("input_ids") || name.equals("position_ids") || name.equals("attention_mask");
    if (row) {
      dims[rank - 1] = ids.length;
    }
    if (rank == 3) {
      dims[0] = info.shape().dim(0);
    }
    Tensor tensor = Tensor.allocate(ElementType.INT64, Shape.of(dims));
    for (int i = 0; i < tensor.elementCount(); i++) {
      long value =
          switch (name) {
            case "input_ids" -> ids[i];
            case "position_ids" -> i % ids.length;
            case "attention_mask" -> 1;
            default -> ids.length;
          };
      tensor.longBuffer().put(i, value);
    }
    return tensor;
  }
}
