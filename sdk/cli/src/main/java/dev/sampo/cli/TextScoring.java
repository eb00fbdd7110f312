package dev.sampo.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.text.TextGenerator;
import dev.sampo.text.TextScore;
import java.util.List;
import java.util.Locale;

/** {@code sampo text --score}: how probable a model finds texts. */
final class TextScoring {
  private final Console console;
  private final boolean json;
  private final String model;

  TextScoring(Console console, boolean json, String model) {
    this.console = console;
    this.json = json;
    this.model = model;
  }

  void print(TextGenerator generator, List<String> prompts, List<String> texts) {
    if (generator.isEncoderDecoder() && prompts.size() != 1) {
      throw new UsageException(
          "--score of an encoder-decoder needs one --prompt: the text is scored as its output.");
    }
    if (!generator.isEncoderDecoder() && !prompts.isEmpty()) {
      throw new UsageException(
          "--score and --prompt exclude each other with a model that has no encoder: the whole text is scored.");
    }
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    document.put("model", model);
    ArrayNode scores = document.putArray("scores");
    for (String text : texts) {
      TextScore score =
          generator.isEncoderDecoder()
              ? generator.score(prompts.get(0), text)
              : generator.score(text);
      add(scores.addObject(), text, score);
      if (!json) {
        console
            .out()
            .printf(
                Locale.ROOT,
                "perplexity %.4f, log-probability %.4f, %d tokens, %.4f bits a token%n",
                score.perplexity(),
                score.sum(),
                score.tokenLogProbs().length,
                score.bitsPerToken());
      }
    }
    if (json) {
      console.json(document);
    }
  }

  private static void add(ObjectNode node, String text, TextScore score) {
    node.put("text", text)
        .put("perplexity", score.perplexity())
        .put("sum_logprob", score.sum())
        .put("mean_nll", score.meanNll());
    ArrayNode each = node.putArray("token_logprobs");
    for (double value : score.tokenLogProbs()) {
      each.add(value);
    }
  }
}
