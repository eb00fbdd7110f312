package dev.sampo.training.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sampo.error.SampoException;
import dev.sampo.model.ModelFolder;
import dev.sampo.tokenizer.Tokenizer;
import dev.sampo.tokenizer.TokenizerException;
import dev.sampo.training.data.Texts;
import dev.sampo.training.graph.Batch;
import dev.sampo.training.graph.TrainingGraph;
import dev.sampo.training.loss.Losses;
import dev.sampo.training.loss.Terms;
import dev.sampo.training.run.Order;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Attention sequence-to-sequence with teacher forcing: the decoder's step graph is run once a target token. */
final class Seq2SeqRecipe {
  private final JsonNode sampo;
  private final int sourceLength;
  private final int targetLength;
  private final int batch;

  private Seq2SeqRecipe(JsonNode sampo, int sourceLength, int targetLength, int batch) {
    this.sampo = sampo;
    this.sourceLength = sourceLength;
    this.targetLength = targetLength;
    this.batch = batch;
  }

  static Recipe open(ModelFolder model, RecipeOptions options) throws IOException {
    Path folder = model.root();
    JsonNode sampo = new ObjectMapper().readTree(Files.readAllBytes(folder.resolve("sampo.json")));
    List<Texts.Pair> pairs = Texts.pairs(options.data(), options.columns());
    Tokenizer tokenizer = model.requireTokenizer();
    List<int[]> sources = new ArrayList<>();
    List<int[]> targets = new ArrayList<>();
    int longestSource = 1;
    int longestTarget = 1;
    for (Texts.Pair pair : pairs) {
      int[] source = ids(tokenizer, pair.source(), options);
      int[] target = ids(tokenizer.target(), pair.target(), options);
      longestSource = Math.max(longestSource, source.length);
      longestTarget = Math.max(longestTarget, target.length);
      sources.add(source);
      targets.add(target);
    }
    int batch = options.batchOr(32);
    Seq2SeqRecipe recipe = new Seq2SeqRecipe(sampo, longestSource + 1, longestTarget + 1, batch);
    FolderExport export =
        new FolderExport(folder)
            .with("encoder", folder.resolve(file(sampo, "encoder")))
            .with("decoder_step", folder.resolve(file(sampo, "decoder_step")));
    TrainingGraph graph =
        TrainingGraph.builder()
            .model("encoder", export.models().get("encoder"))
            .model("decoder_step", export.models().get("decoder_step"))
            .dim("batch", batch)
            .dim("source_length", recipe.sourceLength)
            .dim("*.0", batch)
            .dim("*.1", recipe.sourceLength)
            .trainable(options.trainable())
            .objective(Losses.sequenceToSequence(recipe.targetLength))
            .build();
    int cut = (int) (pairs.size() * (1 - options.validation()));
    Order order = new Order(cut, batch, options.seed());
    List<Batch> validation = new ArrayList<>();
    for (int i = cut; i + batch <= pairs.size() && validation.size() < 8; i += batch) {
      int[] which = new int[batch];
      for (int b = 0; b < batch; b++) {
        which[b] = i + b;
      }
      validation.add(recipe.batch(sources, targets, which));
    }
    return new SingleRecipe(
        graph,
        options,
        step -> recipe.batch(sources, targets, order.at(step)),
        validation,
        export,
        300,
        1e-3);
  }

  private static String file(JsonNode sampo, String graph) {
    return sampo.path("graphs").path(graph).path("file").asText();
  }

  private static int[] ids(Tokenizer tokenizer, String text, RecipeOptions options) {
    try {
      return tokenizer.encodeToIds(text);
    } catch (TokenizerException e) {
      throw new SampoException(options.data() + ": \"" + text + "\": " + e.getMessage(), e);
    }
  }

  /** Sources end with the end token and are padded; the decoder reads the start token and the target. */
  private Batch batch(List<int[]> sources, List<int[]> targets, int[] which) {
    long pad = sampo.path("pad_token_id").asLong();
    long eos = sampo.path("eos_token_id").asLong();
    long[] in = new long[batch * sourceLength];
    long[] mask = new long[batch * sourceLength];
    long[] previous = new long[batch * targetLength];
    long[] labels = new long[batch * targetLength];
    for (int b = 0; b < batch; b++) {
      int[] source = sources.get(which[b]);
      int[] target = targets.get(which[b]);
      for (int t = 0; t < sourceLength; t++) {
        int at = b * sourceLength + t;
        in[at] = t < source.length ? source[t] : t == source.length ? eos : pad;
        mask[at] = t <= source.length ? 1 : 0;
      }
      for (int t = 0; t < targetLength; t++) {
        int at = b * targetLength + t;
        labels[at] = t < target.length ? target[t] : t == target.length ? eos : Terms.IGNORE_INDEX;
        previous[at] =
            t == 0 ? sampo.path("bos_token_id").asLong() : t <= target.length ? target[t - 1] : pad;
      }
    }
    return new Batch()
        .longs("input_ids", in, batch, sourceLength)
        .longs("attention_mask", mask, batch, sourceLength)
        .longs("previous", previous, batch, targetLength)
        .longs("labels", labels, batch, targetLength);
  }
}
