package dev.sampo.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.samplers.text.Setting;
import dev.sampo.samplers.text.constraint.Grammar;
import dev.sampo.server.ServerConfig;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a request says about how text is written. What it leaves out is as the model's folder says; where that says nothing either, as OpenAI does: drawn
 * at temperature 1 from all tokens.
 *
 * @param chat whether it is a conversation
 * @param tools whether the answer may call tools
 * @param config settings over those of the model
 * @param maxTokens most tokens of an answer; null for as many as there is room for
 * @param stops what ends the text
 * @param topLogProbs how many tokens are told at each place; -1 for no log-probabilities
 * @param seed of the first text; the others have the next ones
 * @param choices how many texts
 * @param stream whether pieces are sent as they come
 * @param usage whether a stream ends with the counts
 * @param grammar what the text is restricted to; or null
 */
record TextSettings(
    boolean chat,
    boolean tools,
    GenerationConfig config,
    @Nullable Integer maxTokens,
    List<String> stops,
    int topLogProbs,
    long seed,
    int choices,
    boolean stream,
    boolean usage,
    @Nullable Grammar grammar) {

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int MAX_STOPS = 16;
  private static final int MAX_STOP_CHARS = 1000;
  private static final int MAX_BIASES = 1024;
  private static final int MAX_LOG_PROBS = 20;

  /** Fields that change no result here: who asks, what is kept, what is paid, how it is cached. */
  private static final String[] IGNORED = {
    "user",
    "store",
    "metadata",
    "service_tier",
    "prompt_cache_key",
    "prompt_cache_retention",
    "safety_identifier",
    "parallel_tool_calls",
    "reasoning_effort",
    "verbosity",
    "prediction"
  };

  static TextSettings read(
      Fields fields, TextHost host, ServerConfig server, boolean chat, boolean tools) {
    GenerationConfig own = host.generator().generationConfig();
    fields.ignore(IGNORED);
    boolean stream = fields.bool("stream", false);
    JsonNode options = fields.any("stream_options");
    Integer most = fields.integer("max_tokens", 1, Integer.MAX_VALUE);
    if (chat) {
      Integer newer = fields.integer("max_completion_tokens", 1, Integer.MAX_VALUE);
      most = newer == null ? most : newer;
    }
    if (most == null) {
      most = own.find(Setting.MAX_NEW_TOKENS);
    }
    if (most == null && !chat) {
      most = 16;
    }
    Long seed = fields.longer("seed");
    return new TextSettings(
        chat,
        tools,
        config(fields, own, host),
        most == null ? null : Math.min(most, server.maxCompletionTokens()),
        stops(fields),
        topLogProbs(fields, chat),
        seed == null ? RANDOM.nextInt(Integer.MAX_VALUE) : seed,
        fields.integer("n", 1, server.maxChoices(), 1),
        stream,
        options != null && options.path("include_usage").asBoolean(false),
        chat ? grammar(fields, host) : null);
  }

  private static GenerationConfig config(Fields fields, GenerationConfig own, TextHost host) {
    GenerationConfig.Builder b = GenerationConfig.builder().numBeams(1).numReturnSequences(1);
    Double temperature = fields.number("temperature", 0, 2);
    Double topP = fields.number("top_p", 0, 1);
    Integer topK = fields.integer("top_k", 0, Integer.MAX_VALUE);
    Double minP = fields.number("min_p", 0, 1);
    boolean sample =
        temperature != null
            ? temperature > 0
            : !own.isSet(Setting.DO_SAMPLE) || own.get(Setting.DO_SAMPLE);
    // A share of nothing is the best token alone.
    sample &= topP == null || topP > 0;
    b.doSample(sample);
    if (sample) {
      if (temperature != null) {
        b.temperature(temperature);
      }
      if (topP != null) {
        b.topP(topP);
      }
      if (topK != null || !own.isSet(Setting.TOP_K)) {
        b.topK(topK == null ? 0 : topK);
      }
      if (minP != null) {
        b.minP(minP);
      }
    }
    Double presence = fields.number("presence_penalty", -2, 2);
    Double frequency = fields.number("frequency_penalty", -2, 2);
    Double repetition = fields.number("repetition_penalty", 0.01, 100);
    if (presence != null) {
      b.presencePenalty(presence);
    }
    if (frequency != null) {
      b.frequencyPenalty(frequency);
    }
    if (repetition != null) {
      b.repetitionPenalty(repetition);
    }
    Integer least = fields.integer("min_tokens", 0, 1 << 20);
    if (least != null) {
      b.minNewTokens(least);
    }
    List<Setting.Bias> biases = biases(fields, host.generator().vocabularySize());
    if (!biases.isEmpty()) {
      b.sequenceBias(biases);
    }
    return b.build();
  }

  private static List<Setting.Bias> biases(Fields fields, int vocabulary) {
    List<Setting.Bias> biases = new ArrayList<>();
    JsonNode json = fields.any("logit_bias");
    if (json == null) {
      return biases;
    }
    if (!json.isObject() || json.size() > MAX_BIASES) {
      throw ApiException.badRequest(
          "logit_bias", "logit_bias has to be an object of at most " + MAX_BIASES + " tokens.");
    }
    for (Map.Entry<String, JsonNode> e : json.properties()) {
      int id;
      try {
        id = Integer.parseInt(e.getKey());
      } catch (NumberFormatException failure) {
        throw ApiException.badRequest(
            "logit_bias", "'" + e.getKey() + "' is no token id.", failure);
      }
      double bias = e.getValue().asDouble(Double.NaN);
      if (id < 0 || id >= vocabulary || !(bias >= -100 && bias <= 100)) {
        throw ApiException.badRequest(
            "logit_bias",
            "logit_bias takes token ids from 0 to "
                + (vocabulary - 1)
                + " and numbers from -100 to 100; got "
                + e.getKey()
                + ": "
                + e.getValue()
                + ".");
      }
      biases.add(new Setting.Bias(List.of(id), bias));
    }
    return biases;
  }

  private static List<String> stops(Fields fields) {
    List<String> stops = fields.strings("stop");
    if (stops.size() > MAX_STOPS) {
      throw ApiException.badRequest("stop", "At most " + MAX_STOPS + " stop strings.");
    }
    for (String stop : stops) {
      if (stop.isEmpty() || stop.length() > MAX_STOP_CHARS) {
        throw ApiException.badRequest(
            "stop", "A stop string has 1 to " + MAX_STOP_CHARS + " characters.");
      }
    }
    return stops;
  }

  private static int topLogProbs(Fields fields, boolean chat) {
    if (!chat) {
      return fields.integer("logprobs", 0, MAX_LOG_PROBS, -1);
    }
    boolean wanted = fields.bool("logprobs", false);
    Integer top = fields.integer("top_logprobs", 0, MAX_LOG_PROBS);
    if (top != null && !wanted) {
      throw ApiException.badRequest("top_logprobs", "top_logprobs needs logprobs: true.");
    }
    return wanted ? (top == null ? 0 : top) : -1;
  }

  private static @Nullable Grammar grammar(Fields fields, TextHost host) {
    JsonNode format = fields.any("response_format");
    String type = format == null ? "text" : format.path("type").asText();
    switch (type) {
      case "text":
        return null;
      case "json_object":
        return host.jsonObject();
      case "json_schema":
        JsonNode schema = format == null ? null : format.path("json_schema").path("schema");
        if (schema == null || !(schema.isObject() || schema.isBoolean())) {
          throw ApiException.badRequest(
              "response_format", "response_format.json_schema.schema has to be a JSON schema.");
        }
        return host.schema(schema.toString(), "response_format");
      default:
        throw ApiException.badRequest(
            "response_format",
            "response_format.type is '" + type + "'; wanted text, json_object or json_schema.");
    }
  }
}
