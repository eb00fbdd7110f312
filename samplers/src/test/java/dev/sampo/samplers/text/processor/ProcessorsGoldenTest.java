package dev.sampo.samplers.text.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.samplers.text.Golden;
import dev.sampo.samplers.text.TokenRow;
import dev.sampo.samplers.text.draw.Candidates;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every processor against transformers' results; see {@code golden/text/processors/README.md}. */
class ProcessorsGoldenTest {
  @TestFactory
  List<DynamicTest> process_whenGoldenCase_thenScoresOfTransformers() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path file : Golden.files(Golden.folder("text/processors"), ".jsonl")) {
      for (JsonNode line : Golden.lines(file)) {
        tests.add(DynamicTest.dynamicTest(line.get("id").asText(), () -> check(line)));
      }
    }
    return tests;
  }

  private static void check(JsonNode line) {
    float[] scores = Golden.flat(line.get("scores"));
    float[] expected = Golden.flat(line.get("expected"));
    int length = line.get("scores").get(0).size();
    JsonNode params = line.get("params");
    if (params.path("top_h").asDouble() == 1) {
      // The last bit of a sum decides in the reference whether the least probable token stays; here
      // all do.
      expected = scores.clone();
    }
    if (line.get("processor").asText().equals("classifier_free_guidance")) {
      float[] conditional = Arrays.copyOf(scores, scores.length / 2);
      float[] unconditional = Arrays.copyOfRange(scores, scores.length / 2, scores.length);
      ClassifierFreeGuidance.guide(
          conditional, unconditional, (float) params.get("guidance_scale").asDouble());
      assertScores(expected, conditional);
      return;
    }
    List<LogitsProcessor> steps = new ArrayList<>();
    if (line.get("processor").asText().equals("chain")) {
      for (JsonNode step : params.get("steps")) {
        steps.add(processor(step.get("processor").asText(), step.get("params")));
      }
    } else {
      steps.add(processor(line.get("processor").asText(), params));
    }
    ProcessorChain chain = new ProcessorChain(steps);
    List<TokenRow> rows = rows(line, params);
    float[] dense = scores.clone();
    chain.process(rows, dense, length);
    assertScores(expected, dense);

    chain.processBeforeFilters(rows, scores, length);
    for (int r = 0; r < rows.size(); r++) {
      Candidates candidates = new Candidates();
      chain.candidates(scores, r * length, length, candidates);
      float[] sparse = new float[length];
      candidates.store(sparse, 0, length);
      assertScores(Arrays.copyOfRange(expected, r * length, (r + 1) * length), sparse);
    }
  }

  private static List<TokenRow> rows(JsonNode line, JsonNode params) {
    int[][] ids = Golden.rows(line.get("input_ids"));
    int beams = 1;
    if (params.has("num_beams")) {
      beams = params.get("num_beams").asInt();
    }
    List<TokenRow> rows = new ArrayList<>();
    for (int r = 0; r < ids.length; r++) {
      rows.add(TokenRow.of(r / beams, 0, ids[r]));
    }
    return rows;
  }

  private static LogitsProcessor processor(String name, JsonNode p) {
    int keep = p.path("min_tokens_to_keep").asInt(1);
    return switch (name) {
      case "temperature" -> new Temperature((float) p.get("temperature").asDouble());
      case "top_k" -> new TopK(p.get("top_k").asInt(), keep);
      case "top_p" -> new TopP(p.get("top_p").asDouble(), keep);
      case "min_p" -> new MinP(p.get("min_p").asDouble(), keep);
      case "top_h" -> new TopH(p.get("top_h").asDouble());
      case "typical_p" -> new TypicalP(p.get("mass").asDouble(), keep);
      case "epsilon_cutoff" -> new EpsilonCutoff(p.get("epsilon").asDouble(), keep);
      case "eta_cutoff" -> new EtaCutoff(p.get("epsilon").asDouble(), keep);
      case "renormalize_logits" -> new Renormalize();
      case "remove_invalid_values" -> new RemoveInvalidValues();
      case "repetition_penalty" ->
          new RepetitionPenalty(
              (float) p.get("penalty").asDouble(), p.path("prompt_ignore_length").asInt(0));
      case "encoder_repetition_penalty" ->
          new EncoderRepetitionPenalty(
              (float) p.get("penalty").asDouble(), Golden.rows(p.get("encoder_input_ids")));
      case "no_repeat_ngram_size" -> new NoRepeatNgram(p.get("ngram_size").asInt());
      case "encoder_no_repeat_ngram_size" ->
          new EncoderNoRepeatNgram(
              p.get("encoder_ngram_size").asInt(), Golden.rows(p.get("encoder_input_ids")));
      case "bad_words_ids" ->
          new BadWords(
              Golden.rows(p.get("bad_words_ids")), Golden.intOrInts(p.get("eos_token_id")));
      case "sequence_bias" -> sequenceBias(p.get("sequence_bias"));
      case "min_length" ->
          new MinLength(p.get("min_length").asInt(), Golden.intOrInts(p.get("eos_token_id")));
      case "min_new_tokens" ->
          new MinNewTokens(
              p.get("prompt_length_to_skip").asInt(),
              p.get("min_new_tokens").asInt(),
              Golden.intOrInts(p.get("eos_token_id")));
      case "forced_bos_token_id" -> new ForcedBos(p.get("bos_token_id").asInt());
      case "forced_eos_token_id" ->
          new ForcedEos(p.get("max_length").asInt(), Golden.intOrInts(p.get("eos_token_id")));
      case "exponential_decay_length_penalty" -> lengthPenalty(p);
      case "suppress_tokens" -> new SuppressTokens(Golden.intOrInts(p.get("suppress_tokens")));
      case "begin_suppress_tokens" ->
          new BeginSuppressTokens(
              p.get("begin_index").asInt(), Golden.intOrInts(p.get("begin_suppress_tokens")));
      case "prefix_allowed_tokens" -> {
        int[][] allowed = Golden.rows(p.get("allowed_by_batch_index"));
        yield new PrefixAllowedTokens((batch, ids) -> allowed[batch]);
      }
      default -> fail("There is no processor for the golden cases of '" + name + "'.");
    };
  }

  private static LogitsProcessor sequenceBias(JsonNode entries) {
    int[][] sequences = new int[entries.size()][];
    float[] biases = new float[entries.size()];
    for (int i = 0; i < biases.length; i++) {
      sequences[i] = Golden.ints(entries.get(i).get(0));
      biases[i] = (float) entries.get(i).get(1).asDouble();
    }
    return new SequenceBias(sequences, biases);
  }

  private static LogitsProcessor lengthPenalty(JsonNode p) {
    JsonNode pair = p.get("exponential_decay_length_penalty");
    return new ExponentialDecayLengthPenalty(
        pair.get(0).asInt(),
        pair.get(1).asDouble(),
        p.get("input_ids_seq_length").asInt(),
        Golden.intOrInts(p.get("eos_token_id")));
  }

  private static void assertScores(float[] expected, float[] actual) {
    assertEquals(expected.length, actual.length);
    for (int i = 0; i < expected.length; i++) {
      if (Float.isInfinite(expected[i]) || Float.isInfinite(actual[i])) {
        assertEquals(expected[i], actual[i], "score " + i + " of " + Arrays.toString(actual));
      } else {
        assertEquals(
            expected[i], actual[i], 1e-5 * Math.max(1, Math.abs(expected[i])), "score " + i);
      }
    }
  }
}
