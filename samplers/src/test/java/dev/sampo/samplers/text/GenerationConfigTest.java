package dev.sampo.samplers.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.RequestException;
import dev.sampo.samplers.text.processor.FrequencyPenalty;
import dev.sampo.samplers.text.processor.LogitsProcessor;
import dev.sampo.samplers.text.processor.PresencePenalty;
import dev.sampo.samplers.text.processor.ProcessorChain;
import dev.sampo.samplers.text.processor.WhisperTimestamps;
import dev.sampo.samplers.text.stop.FinishReason;
import dev.sampo.samplers.text.stop.StopStrings;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class GenerationConfigTest {
  private static String error(Runnable action) {
    return assertThrows(RequestException.class, action::run).getMessage();
  }

  @Test
  void parse_whenAllKinds_thenValues() {
    List<String> warnings = new ArrayList<>();
    GenerationConfig config =
        GenerationConfig.parse(
            """
            {"eos_token_id": 3, "bad_words_ids": [[1,2],[4]], "sequence_bias": [[[5,6],-2.5]], "early_stopping": "never", "num_beams": 3,
             "stop_strings": "end", "exponential_decay_length_penalty": [4, 1.25], "top_p": null, "temperature": 1, "transformers_version": "5"}
            """,
            warnings::add);
    assertEquals(List.of(), warnings);
    assertArrayEquals(new int[] {3}, config.eosTokenIds());
    assertEquals(List.of(List.of(1, 2), List.of(4)), config.get(Setting.BAD_WORDS_IDS));
    assertEquals(-2.5, config.get(Setting.SEQUENCE_BIAS).get(0).bias());
    assertEquals(Setting.EarlyStopping.NEVER, config.get(Setting.EARLY_STOPPING));
    assertEquals(List.of("end"), config.get(Setting.STOP_STRINGS));
    assertEquals(
        new Setting.LengthDecay(4, 1.25), config.get(Setting.EXPONENTIAL_DECAY_LENGTH_PENALTY));
    assertFalse(config.isSet(Setting.TOP_P));
    assertEquals(50, config.get(Setting.TOP_K));
  }

  @Test
  void parse_whenKeysAreUnknownOrWithoutEffect_thenWarned() {
    List<String> warnings = new ArrayList<>();
    GenerationConfig.parse("{\"temprature\": 2, \"zeta\": 1, \"temperature\": 0.5}", warnings::add);
    assertEquals(
        List.of(
            "Unknown keys of the generation configuration are ignored: temprature, zeta",
            "temperature (0.5) has no effect: do_sample is false."),
        warnings);
  }

  @Test
  void parse_whenKeysOfTransformers518_thenNoneIsUnknown() {
    String keys =
        "_commit_hash _from_model_config assistant_confidence_threshold assistant_early_exit"
            + " assistant_ensemble_weight assistant_lookbehind bad_words_ids begin_suppress_tokens"
            + " bos_token_id cache_config cache_implementation compile_config constraints"
            + " continuous_batching_config decoder_start_token_id disable_compile diversity_penalty"
            + " do_sample dola_layers early_stopping encoder_no_repeat_ngram_size"
            + " encoder_repetition_penalty eos_token_id epsilon_cutoff eta_cutoff"
            + " exponential_decay_length_penalty force_words_ids forced_bos_token_id"
            + " forced_eos_token_id guidance_scale is_assistant length_penalty low_memory"
            + " max_cache_len max_length max_matching_ngram_size max_new_tokens max_time min_length"
            + " min_new_tokens min_p no_repeat_ngram_size num_assistant_tokens"
            + " num_assistant_tokens_schedule num_beam_groups num_beams num_return_sequences"
            + " output_attentions output_hidden_states output_logits output_scores pad_token_id"
            + " penalty_alpha prefill_chunk_size prompt_lookup_num_tokens remove_invalid_values"
            + " renormalize_logits repetition_penalty return_dict_in_generate sequence_bias"
            + " speculation_type stop_strings suppress_tokens target_lookbehind temperature"
            + " token_healing top_h top_k top_p transformers_version typical_p use_cache use_mtp "
            + "watermarking_config";
    List<String> warnings = new ArrayList<>();
    for (String key : keys.split(" ")) {
      GenerationConfig.parse("{\"" + key + "\": null}", warnings::add);
    }
    assertEquals(List.of(), warnings);
  }

  @Test
  void parse_whenSettingIsNotSupported_thenErrorNamesItUnlessItIsOff() {
    GenerationConfig.parse("{\"force_words_ids\": null, \"token_healing\": false}", line -> {});
    String message =
        assertThrows(
                RequestException.class,
                () -> GenerationConfig.parse("{\"force_words_ids\": [[1]]}", line -> {}))
            .getMessage();
    assertTrue(message.contains("force_words_ids is not supported"), message);
  }

  @Test
  void parse_whenValueIsWrong_thenErrorNamesIt() {
    assertEquals(
        "num_beams is \"3\", but must be a whole number.",
        error(() -> GenerationConfig.parse("{\"num_beams\":\"3\"}", w -> {})));
    assertEquals(
        "top_p must be from 0.0 to 1.0 (got 1.5).",
        error(() -> GenerationConfig.builder().topP(1.5).build()));
    assertEquals(
        "dola_layers is not supported (got \"high\"). Remove it.",
        error(() -> GenerationConfig.parse("{\"dola_layers\":\"high\"}", w -> {})));
  }

  @Test
  void checked_whenSettingsContradict_thenErrorNamesBoth() {
    assertEquals(
        "num_return_sequences is 3 and num_beams is 2. The first must not be larger.",
        error(
            () -> GenerationConfig.builder().numBeams(2).numReturnSequences(3).build().checked()));
    assertEquals(
        "min_new_tokens is 9 and max_new_tokens is 4. The first must not be larger.",
        error(() -> GenerationConfig.builder().minNewTokens(9).maxNewTokens(4).build().checked()));
    assertEquals(
        "forced_bos_token_id is 7 and suppress_tokens is [7, 8]. A token cannot be forced and"
            + " suppressed.",
        error(
            () ->
                GenerationConfig.builder()
                    .forcedBosTokenId(7)
                    .suppressTokens(7, 8)
                    .build()
                    .checked()));
  }

  @Test
  void overriddenBy_whenOtherSetsSome_thenOnlyThose() {
    GenerationConfig file = GenerationConfig.builder().topK(7).temperature(0.5).build();
    GenerationConfig both = file.overriddenBy(GenerationConfig.builder().temperature(2).build());
    assertEquals(7, both.get(Setting.TOP_K));
    assertEquals(2.0, both.get(Setting.TEMPERATURE));
  }

  @Test
  void maxLength_whenNothingIsSet_thenTwentyNewTokensWithinThePositions() {
    assertEquals(25, GenerationConfig.defaults().maxLength(5, 100));
    assertEquals(22, GenerationConfig.defaults().maxLength(5, 22));
    assertEquals(
        8, GenerationConfig.builder().maxLength(99).maxNewTokens(3).build().maxLength(5, 22));
  }

  @Test
  void readText_whenCommandLine_thenValues() {
    assertEquals(List.of(1, 2), Setting.EOS_TOKEN_ID.readText("1,2"));
    assertEquals(List.of(7), Setting.EOS_TOKEN_ID.readText("7"));
    assertEquals(List.of("a b"), Setting.STOP_STRINGS.readText("a b"));
    assertEquals(Setting.EarlyStopping.NEVER, Setting.EARLY_STOPPING.readText("never"));
    assertEquals(true, Setting.DO_SAMPLE.readText("true"));
    assertTrue(error(() -> Setting.TOP_K.readText("many")).startsWith("top_k is \"many\""));
  }

  @Test
  void chain_whenAllIsSet_thenOrderOfTransformers() {
    GenerationConfig config =
        GenerationConfig.builder()
            .doSample(true)
            .temperature(0.5)
            .topK(9)
            .topP(0.9)
            .minP(0.1)
            .typicalP(0.9)
            .epsilonCutoff(0.1)
            .etaCutoff(0.1)
            .topH(0.5)
            .repetitionPenalty(2)
            .noRepeatNgramSize(2)
            .suppressTokens(3)
            .beginSuppressTokens(4)
            .forcedBosTokenId(1)
            .forcedEosTokenId(2)
            .eosTokenId(2)
            .minLength(2)
            .minNewTokens(2)
            .renormalizeLogits(true)
            .removeInvalidValues(true)
            .build();
    List<String> names = new ArrayList<>();
    for (LogitsProcessor p :
        ProcessorChain.of(config, new ProcessorChain.Inputs(1, 9, new int[][] {{1}}), List.of())
            .processors()) {
      names.add(p.getClass().getSimpleName());
    }
    assertEquals(
        List.of(
            "RepetitionPenalty",
            "NoRepeatNgram",
            "MinLength",
            "MinNewTokens",
            "ForcedBos",
            "ForcedEos",
            "RemoveInvalidValues",
            "SuppressTokens",
            "BeginSuppressTokens",
            "Temperature",
            "TopH",
            "TopK",
            "TopP",
            "MinP",
            "TypicalP",
            "EpsilonCutoff",
            "EtaCutoff",
            "Renormalize"),
        names);
  }

  @Test
  void stopStrings_whenCutAcrossTokens_thenOnlyWithTheLastToken() {
    String[] tokens = {"las", "topper", "at", "st", "op", " "};
    StopStrings stop =
        new StopStrings(
            List.of("stop"), id -> tokens[id].getBytes(java.nio.charset.StandardCharsets.UTF_8));
    assertEquals(FinishReason.STOP, stop.check(TokenRow.of(0, 0, 0, 1)));
    assertEquals(FinishReason.STOP, stop.check(TokenRow.of(0, 0, 5, 3, 4)));
    assertEquals(null, stop.check(TokenRow.of(0, 0, 3, 4, 2)));
    assertEquals(null, stop.check(TokenRow.of(0, 0, 3)));
  }

  @Test
  void penalties_whenOpenAi_thenOnlyGeneratedTokensCount() {
    TokenRow row = TokenRow.of(0, 2, 0, 1, 2, 2, 3);
    float[] presence = {1, 1, 1, 1};
    new PresencePenalty(0.5f).process(row, presence, 0, 4);
    assertArrayEquals(new float[] {1, 1, 0.5f, 0.5f}, presence);
    float[] frequency = {1, 1, 1, 1};
    new FrequencyPenalty(0.5f).process(row, frequency, 0, 4);
    assertArrayEquals(new float[] {1, 1, 0, 0.5f}, frequency);
  }

  @Test
  void whisperTimestamps_whenOneIsOpen_thenTextIsForbiddenBelowTheEnd() {
    // Ids: 0..3 text, 4 end, 5 no-timestamps, 6..9 timestamps.
    WhisperTimestamps rule = new WhisperTimestamps(5, 4, 1, 1);
    float[] first = new float[10];
    rule.process(TokenRow.of(0, 1, 4), first, 0, 10);
    float n = Float.NEGATIVE_INFINITY;
    assertArrayEquals(new float[] {n, n, n, n, n, n, 0, 0, n, n}, first);
    float[] afterPair = {9, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    rule.process(TokenRow.of(0, 1, 4, 6, 1, 8), afterPair, 0, 10);
    assertArrayEquals(new float[] {n, n, n, n, n, n, n, n, 0, 0}, afterPair);
  }
}
