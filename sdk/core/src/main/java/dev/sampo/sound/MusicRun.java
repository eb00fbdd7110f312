package dev.sampo.sound;

import dev.sampo.internal.Watch;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.Outputs;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.samplers.text.Setting;
import dev.sampo.samplers.text.TokenRow;
import dev.sampo.samplers.text.draw.TorchDraw;
import dev.sampo.samplers.text.processor.ClassifierFreeGuidance;
import dev.sampo.samplers.text.processor.LogitsProcessor;
import dev.sampo.samplers.text.processor.ProcessorChain;
import dev.sampo.samplers.text.processor.Temperature;
import dev.sampo.samplers.text.processor.TopK;
import dev.sampo.samplers.text.processor.TopP;
import dev.sampo.samplers.text.search.TokenSampler;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The codes of one request, step by step. Each row is a codebook of a sound; every row is chosen at every step, also where the pattern discards it, so every row draws. The
 * pattern is laid over what was chosen before the network sees it.
 */
final class MusicRun {
  private final OnnxMusicGen model;
  private final DelayPattern pattern;
  private final Watch watch;
  private final TokenSampler sampler;
  private final int[][] ids;
  private final int length;
  private int done;
  private long steps;

  MusicRun(
      OnnxMusicGen model,
      MusicRequest request,
      int[][] start,
      DelayPattern pattern,
      int length,
      long seed) {
    this.model = model;
    this.pattern = pattern;
    this.watch = request.watch();
    this.length = length;
    this.ids = new int[start.length][length];
    this.done = pattern.startLength();
    for (int r = 0; r < ids.length; r++) {
      for (int i = 0; i < done; i++) {
        ids[r][i] = pattern.at(r, i, start[r][i]);
      }
    }
    Boolean asked = request.doSample();
    boolean draws = asked != null ? asked : model.generation().get(Setting.DO_SAMPLE);
    this.sampler =
        new TokenSampler(
            new ProcessorChain(draws ? filters(model, request) : new ArrayList<>()),
            draws ? new TorchDraw(seed) : null);
  }

  private static List<LogitsProcessor> filters(OnnxMusicGen model, MusicRequest request) {
    List<LogitsProcessor> filters = new ArrayList<>();
    Double temperature = request.temperature();
    double heat = temperature != null ? temperature : model.generation().get(Setting.TEMPERATURE);
    Integer topK = request.topK();
    int best = topK != null ? topK : model.generation().get(Setting.TOP_K);
    Double topP = request.topP();
    double share = topP != null ? topP : model.generation().get(Setting.TOP_P);
    if (heat != 1) {
      filters.add(new Temperature((float) heat));
    }
    if (best > 0) {
      filters.add(new TopK(best));
    }
    if (share < 1) {
      filters.add(new TopP(share));
    }
    return filters;
  }

  long stepCount() {
    return steps;
  }

  /** Asks the decoder until every row has its length. */
  void walk(Graph decoder, MusicText text) {
    List<TokenRow> rows = new ArrayList<>();
    for (int r = 0; r < ids.length; r++) {
      rows.add(new TokenRow(r, Arrays.copyOf(ids[r], done)));
    }
    boolean[] ended = new boolean[ids.length];
    int[] chosen = new int[ids.length];
    int first = done;
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    inputs.put("encoder_hidden_states", text.states());
    inputs.put("encoder_attention_mask", text.mask());
    try (CachedDecoder run = new CachedDecoder(decoder, text.rows())) {
      int fed = 0;
      while (done < length) {
        float[] scores = scores(run, inputs, text, fed);
        fed = done;
        sampler.choose(rows, scores, scores.length / ids.length, ended, chosen, false);
        for (int r = 0; r < ids.length; r++) {
          ids[r][done] = chosen[r];
          rows.get(r).append(chosen[r]);
        }
        done++;
        steps++;
        watch.at(done - first, length - first);
      }
    }
  }

  /** Scores of the next code in every row, guided. */
  private float[] scores(CachedDecoder run, Map<String, Tensor> inputs, MusicText text, int fed) {
    int width = done - fed;
    int half = ids.length * width;
    long[] flat = new long[text.isGuided() ? 2 * half : half];
    for (int r = 0; r < ids.length; r++) {
      for (int i = 0; i < width; i++) {
        flat[r * width + i] = pattern.at(r, fed + i, ids[r][fed + i]);
      }
    }
    if (text.isGuided()) {
      System.arraycopy(flat, 0, flat, half, half);
    }
    int all = flat.length / width;
    try (Tensor input = Tensor.ofLongs(Shape.of(all, width), flat)) {
      inputs.put("input_ids", input);
      try (Outputs outputs = run.step(inputs, Collections.singleton("logits"), watch.token())) {
        Tensor logits = outputs.get("logits");
        int positions = (int) logits.shape().dim(1);
        int words = (int) logits.shape().dim(2);
        float[] conditional = last(logits.toFloats(), 0, ids.length, positions, words);
        if (text.isGuided()) {
          float[] free = last(logits.toFloats(), ids.length, ids.length, positions, words);
          ClassifierFreeGuidance.guide(conditional, free, text.guidanceScale());
        }
        return conditional;
      }
    }
  }

  private static float[] last(float[] logits, int from, int count, int positions, int words) {
    float[] scores = new float[count * words];
    for (int r = 0; r < count; r++) {
      int at = ((from + r) * positions + positions - 1) * words;
      System.arraycopy(logits, at, scores, r * words, words);
    }
    return scores;
  }

  /** All ids as chosen, before the pattern is laid over them for the last time, [rows][length]. */
  int[][] chosenIds() {
    int[][] copy = new int[ids.length][];
    for (int r = 0; r < copy.length; r++) {
      copy[r] = ids[r].clone();
    }
    return copy;
  }

  /**
   * Codes of each sound, [sound][codebook][frame]: what the pattern leaves without its padding, as far as all codebooks have come.
   */
  int[][][] codes() {
    int[][][] codes = new int[ids.length / model.codebooks()][model.codebooks()][];
    int least = Integer.MAX_VALUE;
    for (int r = 0; r < ids.length; r++) {
      int[] kept = new int[done];
      int count = 0;
      for (int i = 0; i < done; i++) {
        int id = pattern.at(r, i, ids[r][i]);
        if (id != model.padId()) {
          kept[count++] = id;
        }
      }
      codes[r / model.codebooks()][r % model.codebooks()] = Arrays.copyOf(kept, count);
      least = Math.min(least, count);
    }
    for (int[][] sound : codes) {
      for (int k = 0; k < sound.length; k++) {
        sound[k] = Arrays.copyOf(sound[k], least);
      }
    }
    return codes;
  }
}
