package dev.sampo.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.server.ServerConfig;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.GenerationResult;
import dev.sampo.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code POST /v1/completions}. */
final class CompletionEndpoint extends TextEndpoint {
  CompletionEndpoint(Models models, Running running, ServerConfig config, Metrics metrics) {
    super(models, running, config, metrics);
  }

  @Override
  Answer read(Fields fields, TextHost host, TextJob job) {
    List<Asked> prompts = prompts(fields.any("prompt"), host);
    TextSettings settings = TextSettings.read(fields, host, config(), false, false);
    boolean echo = fields.bool("echo", false);
    boolean attention = fields.bool("attention", false);
    int bestOf = fields.integer("best_of", 1, config().maxChoices(), settings.choices());
    String suffix = fields.string("suffix", "");
    fields.finish();
    if (bestOf != settings.choices()) {
      throw ApiException.badRequest("best_of", "best_of has to be n: all texts are given.");
    }
    if (!suffix.isEmpty()) {
      throw ApiException.badRequest("suffix", "This server does not insert text: no suffix.");
    }
    if (echo && settings.topLogProbs() >= 0) {
      throw ApiException.badRequest("echo", "echo does not go with logprobs.");
    }
    if (prompts.size() * settings.choices() > config().maxChoices()) {
      throw ApiException.badRequest(
          "prompt",
          "At most " + config().maxChoices() + " texts in one request (prompts times n).");
    }
    List<String> echoes = new ArrayList<>();
    for (Asked asked : prompts) {
      GenerationRequest.Builder request =
          GenerationRequest.builder()
              .attention(attention)
              .config(TextJob.fitted(host, settings, config(), asked.ids.length));
      // A text stays one: the model may begin it in its own way.
      if (asked.text == null) {
        request.promptIds(asked.ids);
      } else {
        request.prompt(asked.text);
      }
      for (int i = 0; i < settings.choices(); i++) {
        job.add(request.build().toBuilder(), settings);
        echoes.add(
            !echo ? "" : asked.text != null ? asked.text : host.tokenizer().decode(asked.ids));
      }
    }
    return new Written(host, settings, echoes);
  }

  /** A prompt: its text, if it came as one, and its ids. */
  @SuppressWarnings("ArrayRecordComponent") // a plain carrier, never compared
  private record Asked(@Nullable String text, int[] ids) {
    static Asked of(String text, TextHost host) {
      return new Asked(text, host.generator().encode(text));
    }
  }

  /** A text, several, a list of ids, or several. */
  private List<Asked> prompts(@Nullable JsonNode json, TextHost host) {
    List<Asked> prompts = new ArrayList<>();
    if (json == null || json.isTextual()) {
      prompts.add(Asked.of(json == null ? "" : json.asText(), host));
      return prompts;
    }
    if (!json.isArray() || json.isEmpty()) {
      throw wrong();
    }
    if (json.get(0).isIntegralNumber()) {
      prompts.add(new Asked(null, ids(json, host)));
      return prompts;
    }
    if (json.size() > config().maxChoices()) {
      throw ApiException.badRequest(
          "prompt", "At most " + config().maxChoices() + " prompts in one request.");
    }
    for (JsonNode each : json) {
      if (each.isTextual()) {
        prompts.add(Asked.of(each.asText(), host));
      } else if (each.isArray()) {
        prompts.add(new Asked(null, ids(each, host)));
      } else {
        throw wrong();
      }
    }
    return prompts;
  }

  private static int[] ids(JsonNode json, TextHost host) {
    int[] ids = new int[json.size()];
    int vocabulary = host.generator().vocabularySize();
    for (int i = 0; i < ids.length; i++) {
      JsonNode id = json.get(i);
      if (!id.isInt() || id.asInt() < 0 || id.asInt() >= vocabulary) {
        throw ApiException.badRequest(
            "prompt", "A token id is from 0 to " + (vocabulary - 1) + ", got " + id + ".");
      }
      ids[i] = id.asInt();
    }
    return ids;
  }

  private static ApiException wrong() {
    return ApiException.badRequest(
        "prompt", "prompt has to be a string, an array of strings, or token ids.");
  }

  /** Text that was written on. */
  private static final class Written extends Answer {
    private final Probs probs;
    private final List<String> echoes;
    private final int[] lengths;
    private final Tokenizer tokenizer;

    Written(TextHost host, TextSettings settings, List<String> echoes) {
      super("cmpl-", host.served().id(), settings);
      this.probs = new Probs(host.tokenizer());
      this.echoes = echoes;
      this.lengths = new int[echoes.size()];
      this.tokenizer = host.tokenizer();
    }

    @Override
    ObjectNode whole() {
      return envelope("text_completion");
    }

    private ObjectNode one(Choice choice, String text, @Nullable ObjectNode logProbs) {
      ObjectNode json = Json.object();
      json.put("text", text);
      json.put("index", choice.index());
      json.set("logprobs", logProbs);
      json.putNull("finish_reason");
      return json;
    }

    @Override
    JsonNode choice(Choice choice, String text, List<ProbWatch.TokenProb> all) {
      ObjectNode json =
          one(
              choice,
              echoes.get(choice.index()) + text,
              settings().topLogProbs() < 0 ? null : probs.plain(all, 0));
      json.put("finish_reason", choice.finishReason());
      return attention(json, choice);
    }

    /** Where the model looked at each token, if it was asked for and the model tells. */
    private ObjectNode attention(ObjectNode json, Choice choice) {
      GenerationResult result = choice.result();
      float[][] weights = result == null ? null : result.sequence().attention();
      if (result == null || weights == null) {
        return json;
      }
      ObjectNode told = json.putObject("attention");
      ArrayNode source = told.putArray("source");
      result.prompts().get(0).ids().forEach(id -> source.add(tokenizer.idToToken(id)));
      ArrayNode tokens = told.putArray("tokens");
      for (int id : result.sequence().ids()) {
        tokens.add(tokenizer.target().idToToken(id));
      }
      ArrayNode rows = told.putArray("weights");
      for (float[] row : weights) {
        ArrayNode out = rows.addArray();
        for (float weight : row) {
          out.add(weight);
        }
      }
      return json;
    }

    private ObjectNode chunk(ObjectNode one) {
      ObjectNode json = envelope("text_completion");
      json.putArray("choices").add(one);
      return json;
    }

    @Override
    @Nullable ObjectNode begin(Choice choice) {
      String echo = echoes.get(choice.index());
      return echo.isEmpty() ? null : chunk(one(choice, echo, null));
    }

    @Override
    ObjectNode piece(Choice choice, Choice.Piece piece) {
      int from = lengths[choice.index()];
      lengths[choice.index()] += piece.text().length();
      return chunk(
          one(
              choice,
              piece.text(),
              settings().topLogProbs() < 0 ? null : probs.plain(piece.probs(), from)));
    }

    @Override
    List<ObjectNode> end(Choice choice) {
      ObjectNode one = one(choice, "", null);
      one.put("finish_reason", choice.finishReason());
      return List.of(chunk(attention(one, choice)));
    }

    @Override
    ObjectNode counts() {
      return envelope("text_completion");
    }
  }
}
