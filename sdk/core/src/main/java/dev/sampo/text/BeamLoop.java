package dev.sampo.text;

import dev.sampo.error.CancelledException;
import dev.sampo.samplers.text.Setting;
import dev.sampo.samplers.text.TokenRow;
import dev.sampo.samplers.text.draw.Rows;
import dev.sampo.samplers.text.search.BeamSearch;
import dev.sampo.samplers.text.search.HammingDiversity;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Beam search, sampled beams, and diverse beam search with its groups one after the other. */
final class BeamLoop {
  private final Job job;
  private final int groups;
  private final int beams;
  private final List<BeamSearch> searches = new ArrayList<>();

  BeamLoop(Job job) {
    this.job = job;
    this.groups = job.config.get(Setting.NUM_BEAM_GROUPS);
    this.beams = job.config.get(Setting.NUM_BEAMS) / groups;
    BeamSearch.Rules all = BeamSearch.Rules.of(job.config, job.maxLength);
    BeamSearch.Rules rules =
        new BeamSearch.Rules(
            beams,
            groups == 1 ? all.numReturnSequences() : beams,
            all.lengthPenalty(),
            all.earlyStopping(),
            all.maxLength(),
            all.eosCount());
    for (int g = 0; g < groups; g++) {
      searches.add(new BeamSearch(rules, job.batch.decoderIds(), job.stopping, job.draw));
    }
  }

  List<List<Job.Ended>> run(int[] negativeIds) {
    int copies = groups * beams;
    try (DecodingState state = job.start(copies);
        Guidance guidance = Guidance.of(job, negativeIds, copies)) {
      long begin = job.now();
      try {
        while (true) {
          step(state, guidance);
          if (isDone()) {
            break;
          }
          job.token.throwIfCancelled();
          feed(state, guidance);
        }
      } finally {
        job.decodeMillis += (job.now() - begin) / 1e6;
      }
    } catch (CancelledException e) {
      // What is there is returned.
    }
    return results();
  }

  private boolean isDone() {
    return searches.stream().allMatch(BeamSearch::isDone);
  }

  private void step(DecodingState state, @Nullable Guidance guidance) {
    float[] scores = state.logits();
    int length = state.vocabularySize();
    int rows = state.rows();
    job.recordLogits(state);
    for (int r = 0; r < rows; r++) {
      Rows.logSoftmax(scores, r * length, length);
    }
    if (guidance != null) {
      guidance.guide(scores, rows, length);
    }
    if (groups == 1) {
      job.chain.process(searches.get(0).rows(), scores, length);
      job.recordScores(scores, rows * length);
      searches.get(0).step(scores, length);
    } else {
      stepGroups(scores, length);
    }
  }

  /** Each group in turn, its scores lowered where earlier groups of the same prompt chose a token at this step. */
  private void stepGroups(float[] scores, int length) {
    HammingDiversity diversity =
        new HammingDiversity(job.config.get(Setting.DIVERSITY_PENALTY).floatValue());
    int prompts = job.prompts();
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
      job.chain.process(search.rows(), part, length);
      for (int r = 0; r < prompts * beams; r++) {
        diversity.apply(chosenBefore(g, r / beams), part, r * length);
      }
      search.step(part, length);
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
    state.reorder(parents, job.token);
    state.feed(tokens, job.token);
    if (guidance != null) {
      guidance.feed(tokens, job);
    }
  }

  private List<List<Job.Ended>> results() {
    int wanted = job.config.get(Setting.NUM_RETURN_SEQUENCES);
    List<List<Job.Ended>> results = new ArrayList<>();
    for (int b = 0; b < job.prompts(); b++) {
      List<BeamSearch.Hypothesis> all = new ArrayList<>();
      for (BeamSearch search : searches) {
        all.addAll(search.results().get(b));
      }
      if (groups > 1) {
        all.sort(Comparator.comparingDouble((BeamSearch.Hypothesis h) -> -h.score()));
      }
      List<Job.Ended> sequences = new ArrayList<>();
      for (BeamSearch.Hypothesis h : all.subList(0, Math.min(wanted, all.size()))) {
        sequences.add(
            new Job.Ended(h.ids(), (double) h.score(), h.reason(), null, h.beamIndices(), null));
      }
      results.add(sequences);
    }
    return results;
  }

  /** The running rows, for tests. */
  List<TokenRow> rows() {
    return searches.get(0).rows();
  }
}
