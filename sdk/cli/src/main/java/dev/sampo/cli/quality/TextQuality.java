package dev.sampo.cli.quality;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.Progress;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.GenerationResult;
import dev.sampo.text.TextGenerator;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Bits a character of language models, and exact translations of number words. */
final class TextQuality {
  private static final int BATCH = 100;
  private static final int DEFAULT_CONTEXT = 256;

  private final KeptBack keptBack;
  private final TextGenerator text;
  private final ModelFolder folder;

  TextQuality(KeptBack keptBack, TextGenerator text, ModelFolder folder) {
    this.keptBack = keptBack;
    this.text = text;
    this.folder = folder;
  }

  Map<String, Double> measure(Progress<Progress.Count> progress, CancellationToken token)
      throws IOException {
    Family family = folder.family();
    if (family == Family.ATTENTION_SEQ2SEQ) {
      return Map.of("exact_percent", exactPercent(progress, token));
    }
    String kept = keptBack.scripture();
    if (family == Family.RNN_LM && TuneQuality.writesTunes(text, kept)) {
      return TuneQuality.measure(text, 0, progress, token);
    }
    if (family == Family.RNN_LM) {
      // Every character, the first one after a newline; the state runs from the start to the end.
      double nats = -text.score(text.encode("\n" + kept)).sum();
      progress.onStep(new Progress.Count(1, 1));
      return Map.of("bits_per_char", nats / Math.log(2) / kept.length());
    }
    return bitsByChapter(kept, progress, token);
  }

  /** Each chapter after one end-of-text id, its closing one counted too, in windows of the model's context. */
  private Map<String, Double> bitsByChapter(
      String kept, Progress<Progress.Count> progress, CancellationToken token) {
    int end = integer("eos_token_id", 0);
    int context = integer("n_positions", integer("max_position_embeddings", DEFAULT_CONTEXT));
    String[] chapters = kept.replaceAll("\\n+$", "").split("\n\n", -1);
    double nats = 0;
    long tokens = 0;
    for (int i = 0; i < chapters.length; i++) {
      token.throwIfCancelled();
      int[] body = text.encode(chapters[i] + "\n");
      int[] ids = new int[body.length + 2];
      ids[0] = end;
      System.arraycopy(body, 0, ids, 1, body.length);
      ids[ids.length - 1] = end;
      nats += windowedNats(ids, context);
      tokens += ids.length - 1;
      progress.onStep(new Progress.Count(i + 1L, chapters.length));
    }
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("bits_per_char", nats / Math.log(2) / kept.length());
    figures.put("perplexity_per_token", Math.exp(nats / tokens));
    return figures;
  }

  /** Every id but the first is predicted once, by at least half a context where there is that much before it. */
  private double windowedNats(int[] ids, int context) {
    double nats = 0;
    int done = 1;
    while (done < ids.length) {
      int end = Math.min(ids.length, done + (done == 1 ? context : context / 2));
      int start = Math.max(0, end - context - 1);
      double[] logProbs = text.score(Arrays.copyOfRange(ids, start, end)).tokenLogProbs();
      for (int k = done - start - 1; k < logProbs.length; k++) {
        nats -= logProbs[k];
      }
      done = end;
    }
    return nats;
  }

  private double exactPercent(Progress<Progress.Count> progress, CancellationToken token)
      throws IOException {
    List<String> lines = keptBack.numbers();
    int right = 0;
    for (int from = 0; from < lines.size(); from += BATCH) {
      List<String[]> pairs =
          lines.subList(from, Math.min(lines.size(), from + BATCH)).stream()
              .map(line -> line.split("\t", -1))
              .toList();
      GenerationResult result =
          text.generate(
              GenerationRequest.builder()
                  .prompts(pairs.stream().map(pair -> pair[0]).toList())
                  .cancellation(token)
                  .build());
      for (int i = 0; i < pairs.size(); i++) {
        String french = result.prompts().get(i).sequences().get(0).text();
        right += french.equals(pairs.get(i)[1]) ? 1 : 0;
      }
      progress.onStep(new Progress.Count(from + (long) pairs.size(), lines.size()));
    }
    return 100.0 * right / lines.size();
  }

  private int integer(String key, int otherwise) {
    JsonNode config = folder.config();
    return config == null ? otherwise : config.path(key).asInt(otherwise);
  }
}
