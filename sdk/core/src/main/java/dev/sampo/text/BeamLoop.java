package dev.sampo.text;

import dev.sampo.error.CancelledException;
import dev.sampo.samplers.text.Setting;
import dev.sampo.samplers.text.draw.Rows;
import dev.sampo.samplers.text.search.BeamSearch;
import dev.sampo.samplers.text.search.HammingDiversity;
import dev.sampo.text.decoding.DecodingState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Beam search, sampled beams, and diverse beam search with its groups one after the other. */
final class BeamLoop implements DecodingLoop {
  private final GenerationPlan plan;
  private final StepLog log;
  private final Teller teller;
  private final int groups;
  private final int beams;
  private final List<BeamSearch> searches = new ArrayList<>();

  BeamLoop(GenerationPlan plan) {
    this.plan = plan;
    this.log = new StepLog(plan);
    this.teller = new Teller(plan, 1, 1);
    this.groups = plan.config().get(Setting.NUM_BEAM_GROUPS);
    this.beams = plan.config().get(Setting.NUM_BEAMS) / groups;
    BeamSearch.Rules all = BeamSearch.Rules.of(plan.config(), plan.maxLength());
    BeamSearch.Rules rules =
        new BeamSearch.Rules(
            beams,
            groups == 1 ? all.numReturnSequences() : beams,
            all.lengthPenalty(),
            all.earlyStopping(),
            all.maxLength(),
            all.eosCount());
    for (int g = 0; g < groups; g++) {
      searches.add(new BeamSearch(rules, plan.batch().decoderIds(), plan.stopping(), plan.draw()));
    }
  }

  @Override
  public LoopResult run() {
    int copies = groups * beams;
    long begin = log.now();
    try (DecodingState state = plan.start(copies);
        Guidance guidance = Guidance.of(plan, copies)) {
      decode(state, guidance, log.prefilled(begin));
      return new LoopResult(results(), log, null);
    } catch (CancelledException e) {
      return new LoopResult(results(), log, e);
    }
  }

  private void decode(DecodingState state, @Nullable Guidance guidance, long begin) {
    try {
      while (true) {
        step(state, guidance);
        teller.step(isDone());
        if (isDone()) {
          return;
        }
        plan.token().throwIfCancelled();
        feed(state, guidance);
      }
    } finally {
      log.looped(begin);
    }
  }

  private boolean isDone() {
    return searches.stream().allMatch(BeamSearch::isDone);
  }

  private void step(DecodingState state, @Nullable Guidance guidance) {
    float[] scores = state.logits();
    int length = state.vocabularySize();
    int rows = state.rows();
    log.step(state);
    for (int r = 0; r < rows; r++) {
      Rows.logSoftmax(scores, r * length, length);
    }
    if (guidance != null) {
      guidance.guide(scores, rows, length);
    }
    if (groups == 1) {
      plan.chain().process(searches.get(0).rows(), scores, length);
      log.processed(scores, rows * length);
      checkNumbers(scores, rows, length);
      searches.get(0).step(scores, length);
    } else {
      stepGroups(scores, length);
    }
  }

  /** Each group in turn, its scores lowered where earlier groups of the same prompt chose a token at this step. */
  private void stepGroups(float[] scores, int length) {
    HammingDiversity diversity =
        new HammingDiversity(plan.config().get(Setting.DIVERSITY_PENALTY).floatValue());
    int prompts = plan.rows();
    float[] part = new float[prompts * beams * length];
    for (int g = 0; g < groups; g++) {
      BeamSearch search = searches.get(g);
      if (search.isDone()) {
        continue;
      }
      for (int b = 0; b < prompts; b++) {
        System.arraycopy(
            scores, (b * groups + g) * beams * length, part, b * beams * length, beams * length);
      }
      plan.chain().process(search.rows(), part, length);
      for (int r = 0; r < prompts * beams; r++) {
        diversity.apply(chosenBefore(g, r / beams), part, r * length);
      }
      checkNumbers(part, prompts * beams, length);
      search.step(part, length);
    }
  }

  private static void checkNumbers(float[] scores, int rows, int length) {
    for (int r = 0; r < rows; r++) {
      Rows.checkNumbers(scores, r * length, length);
    }
  }

  private int[] chosenBefore(int group, int prompt) {
    int[] chosen = new int[group * beams];
    int n = 0;
    for (int g = 0; g < group; g++) {
      if (!searches.get(g).isDone()) {
        for (int i = 0; i < beams; i++) {
          chosen[n++] = searches.get(g).tokens()[prompt * beams + i];
        }
      }
    }
    return Arrays.copyOf(chosen, n);
  }

  private void feed(DecodingState state, @Nullable Guidance guidance) {
    int rows = state.rows();
    int[] parents = new int[rows];
    int[] tokens = new int[rows];
    for (int r = 0; r < rows; r++) {
      int prompt = r / (groups * beams);
      int group = r / beams % groups;
      BeamSearch search = searches.get(group);
      int own = prompt * beams + r % beams;
      tokens[r] = search.tokens()[own];
      parents[r] =
          search.isDone() ? r : (prompt * groups + group) * beams + search.parents()[own] % beams;
    }
    state.reorder(parents, plan.token());
    state.feed(tokens, plan.token());
    if (guidance != null) {
      guidance.feed(tokens);
    }
  }

  private List<List<LoopResult.Ended>> results() {
    int wanted = plan.config().get(Setting.NUM_RETURN_SEQUENCES);
    List<List<LoopResult.Ended>> results = new ArrayList<>();
    for (int b = 0; b < plan.rows(); b++) {
      List<BeamSearch.Hypothesis> all = new ArrayList<>();
      for (BeamSearch search : searches) {
        all.addAll(search.results().get(b));
      }
      if (groups > 1) {
        all.sort(Comparator.comparingDouble((BeamSearch.Hypothesis h) -> -h.score()));
      }
      List<LoopResult.Ended> sequences = new ArrayList<>();
      for (BeamSearch.Hypothesis h : all.subList(0, Math.min(wanted, all.size()))) {
        sequences.add(
            new LoopResult.Ended(
                h.ids(), (double) h.score(), h.reason(), null, h.beamIndices(), null));
      }
      results.add(sequences);
    }
    return results;
  }
}
