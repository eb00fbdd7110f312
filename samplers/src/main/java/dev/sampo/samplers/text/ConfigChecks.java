package dev.sampo.samplers.text;

import static dev.sampo.samplers.text.Setting.*;

import dev.sampo.error.RequestException;
import dev.sampo.samplers.internal.Checks;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What {@link GenerationConfig} refuses, and what it warns of. */
final class ConfigChecks {
  private ConfigChecks() {}

  /** Each value for itself. */
  static void ranges(GenerationConfig c) {
    positive(c, MAX_LENGTH, MAX_NEW_TOKENS, NUM_BEAMS, NUM_BEAM_GROUPS, NUM_RETURN_SEQUENCES);
    positive(
        c,
        NUM_ASSISTANT_TOKENS,
        PROMPT_LOOKUP_NUM_TOKENS,
        MAX_MATCHING_NGRAM_SIZE,
        PREFILL_CHUNK_SIZE);
    notNegative(
        c, MIN_LENGTH, MIN_NEW_TOKENS, TOP_K, NO_REPEAT_NGRAM_SIZE, ENCODER_NO_REPEAT_NGRAM_SIZE);
    notNegative(c, FORCED_BOS_TOKEN_ID, BOS_TOKEN_ID, DECODER_START_TOKEN_ID);
    for (Setting<Double> s : List.of(TEMPERATURE, REPETITION_PENALTY, ENCODER_REPETITION_PENALTY)) {
      Checks.positive(s.key(), c.get(s));
    }
    between(
        c,
        TOP_P,
        TYPICAL_P,
        EPSILON_CUTOFF,
        ETA_CUTOFF,
        MIN_P,
        TOP_H,
        PENALTY_ALPHA,
        ASSISTANT_CONFIDENCE_THRESHOLD);
  }

  /** What only the settings together show. */
  static void contradictions(GenerationConfig c) {
    lengths(c);
    beams(c);
    strategies(c);
    forcedAndSuppressed(c);
  }

  @SafeVarargs
  private static void positive(GenerationConfig c, Setting<Integer>... settings) {
    for (Setting<Integer> s : settings) {
      Integer value = c.find(s);
      if (value != null) {
        Checks.positive(s.key(), value);
      }
    }
  }

  @SafeVarargs
  private static void notNegative(GenerationConfig c, Setting<Integer>... settings) {
    for (Setting<Integer> s : settings) {
      Integer value = c.find(s);
      if (value != null) {
        Checks.notNegative(s.key(), value);
      }
    }
  }

  @SafeVarargs
  private static void between(GenerationConfig c, Setting<Double>... settings) {
    for (Setting<Double> s : settings) {
      Double value = c.find(s);
      if (value != null) {
        Checks.between(s.key(), value, 0, 1);
      }
    }
  }

  private static void lengths(GenerationConfig c) {
    Integer max = c.find(MAX_NEW_TOKENS);
    Integer min = c.find(MIN_NEW_TOKENS);
    if (max != null && min != null && min > max) {
      throw contradiction(MIN_NEW_TOKENS, min, MAX_NEW_TOKENS, max, "The first must not be larger");
    }
    Integer maxLength = c.find(MAX_LENGTH);
    if (maxLength != null && max == null && c.get(MIN_LENGTH) > maxLength) {
      throw contradiction(
          MIN_LENGTH, c.get(MIN_LENGTH), MAX_LENGTH, maxLength, "The first must not be larger");
    }
  }

  private static void beams(GenerationConfig c) {
    int beams = c.get(NUM_BEAMS);
    int returned = c.get(NUM_RETURN_SEQUENCES);
    int groups = c.get(NUM_BEAM_GROUPS);
    if (beams == 1 && returned > 1 && !c.get(DO_SAMPLE)) {
      throw new RequestException(
          "numReturnSequences",
          "num_return_sequences is "
              + returned
              + ", but greedy search gives one sequence. Set do_sample or num_beams.");
    }
    if (beams > 1 && returned > beams) {
      throw contradiction(
          NUM_RETURN_SEQUENCES, returned, NUM_BEAMS, beams, "The first must not be larger");
    }
    if (beams % groups != 0) {
      throw contradiction(
          NUM_BEAMS, beams, NUM_BEAM_GROUPS, groups, "The first must be a multiple of the second");
    }
    if (groups > 1 && c.get(DO_SAMPLE)) {
      throw contradiction(
          NUM_BEAM_GROUPS, groups, DO_SAMPLE, true, "Diverse beam search does not sample");
    }
    if (groups > 1 && !(c.get(DIVERSITY_PENALTY) > 0)) {
      throw new RequestException(
          "diversityPenalty",
          "num_beam_groups is "
              + groups
              + ", so diversity_penalty must be greater than 0 (got "
              + c.get(DIVERSITY_PENALTY)
              + "): otherwise all groups are the same.");
    }
  }

  private static void strategies(GenerationConfig c) {
    boolean contrastive = c.find(PENALTY_ALPHA) != null && c.get(PENALTY_ALPHA) > 0;
    if (contrastive && c.isSet(DO_SAMPLE) && c.get(DO_SAMPLE)) {
      throw contradiction(
          PENALTY_ALPHA,
          c.get(PENALTY_ALPHA),
          DO_SAMPLE,
          true,
          "Contrastive search does not sample");
    }
    if (contrastive && c.get(NUM_BEAMS) > 1) {
      throw contradiction(
          PENALTY_ALPHA,
          c.get(PENALTY_ALPHA),
          NUM_BEAMS,
          c.get(NUM_BEAMS),
          "Contrastive search has no beams");
    }
    if (c.find(PROMPT_LOOKUP_NUM_TOKENS) != null && c.get(NUM_BEAMS) > 1) {
      throw contradiction(
          PROMPT_LOOKUP_NUM_TOKENS,
          c.get(PROMPT_LOOKUP_NUM_TOKENS),
          NUM_BEAMS,
          c.get(NUM_BEAMS),
          "Prompt lookup has no beams");
    }
  }

  private static void forcedAndSuppressed(GenerationConfig c) {
    List<Integer> suppressed = c.find(SUPPRESS_TOKENS);
    if (suppressed == null) {
      return;
    }
    List<Integer> eos = c.find(FORCED_EOS_TOKEN_ID);
    if (eos != null && !eos.isEmpty() && suppressed.containsAll(eos)) {
      throw contradiction(
          FORCED_EOS_TOKEN_ID,
          eos,
          SUPPRESS_TOKENS,
          suppressed,
          "A token cannot be forced and suppressed");
    }
    Integer bos = c.find(FORCED_BOS_TOKEN_ID);
    if (bos != null && suppressed.contains(bos)) {
      throw contradiction(
          FORCED_BOS_TOKEN_ID,
          bos,
          SUPPRESS_TOKENS,
          suppressed,
          "A token cannot be forced and suppressed");
    }
  }

  private static RequestException contradiction(
      Setting<?> a, @Nullable Object aValue, Setting<?> b, @Nullable Object bValue, String why) {
    return new RequestException(
        a.option(), a + " is " + aValue + " and " + b + " is " + bValue + ". " + why + ".");
  }

  static List<String> withoutEffect(GenerationConfig c) {
    List<String> lines = new ArrayList<>();
    boolean contrastive = c.isSet(PENALTY_ALPHA);
    if (!c.get(DO_SAMPLE)) {
      for (Setting<?> s :
          List.of(TEMPERATURE, TOP_P, MIN_P, TOP_H, TYPICAL_P, EPSILON_CUTOFF, ETA_CUTOFF)) {
        addIfChanged(lines, c, s, "do_sample is false");
      }
      if (!contrastive) {
        addIfChanged(lines, c, TOP_K, "do_sample is false");
      }
    }
    if (c.get(NUM_BEAMS) == 1) {
      addIfChanged(lines, c, EARLY_STOPPING, "num_beams is 1");
      addIfChanged(lines, c, LENGTH_PENALTY, "num_beams is 1");
    }
    if (c.get(NUM_BEAM_GROUPS) == 1) {
      addIfChanged(lines, c, DIVERSITY_PENALTY, "num_beam_groups is 1");
    }
    return lines;
  }

  private static void addIfChanged(
      List<String> lines, GenerationConfig c, Setting<?> s, String why) {
    if (c.isSet(s) && !java.util.Objects.equals(c.find(s), s.defaultValue())) {
      lines.add(s + " (" + c.find(s) + ") has no effect: " + why + ".");
    }
  }
}
