package dev.sampo.samplers.text.search;

import dev.sampo.samplers.internal.TorchTopK;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.samplers.text.Setting;
import dev.sampo.samplers.text.TokenRow;
import dev.sampo.samplers.text.draw.TokenDraw;
import dev.sampo.samplers.text.stop.FinishReason;
import dev.sampo.samplers.text.stop.StoppingCriterion;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Beam search by the rules of transformers' vectorised version. One object is one search, fed with the log-probabilities of each step:
 *
 * <pre>{@code
 * while (!search.isDone()) {
 *   float[] logProbs = ... // log-softmax of the model's scores for search.rows(), then the processors
 *   search.step(logProbs, vocabularySize);
 *   // reorder the model's state by search.parents(), feed search.tokens()
 * }
 * }</pre>
 *
 * <p>Each step takes the {@code max(2, 1 + end tokens) * beams} best continuations of a prompt. Those among the first {@code beams} that end
 * compete, with score sum / length^lengthPenalty, with the finished ones kept so far; the best {@code beams} that do not end go on. Equal
 * scores come in the order of {@code torch.topk}.
 */
public final class BeamSearch {
  private static final float WORST = -1e9f;

  /**
   * The rules of a search.
   *
   * @param numBeams beams a prompt
   * @param numReturnSequences hypotheses a prompt in the result
   * @param lengthPenalty power of the length that divides the sum of log-probabilities
   * @param earlyStopping when to end
   * @param maxLength most ids, prompt included
   * @param eosCount number of end tokens
   */
  public record Rules(
      int numBeams,
      int numReturnSequences,
      double lengthPenalty,
      Setting.EarlyStopping earlyStopping,
      int maxLength,
      int eosCount) {
    /** The rules that a configuration asks for. */
    public static Rules of(GenerationConfig config, int maxLength) {
      return new Rules(
          config.get(Setting.NUM_BEAMS),
          config.get(Setting.NUM_RETURN_SEQUENCES),
          config.get(Setting.LENGTH_PENALTY),
          config.get(Setting.EARLY_STOPPING),
          maxLength,
          config.eosTokenIds().length);
    }

    int beamsToKeep() {
      return Math.max(2, 1 + eosCount) * numBeams;
    }
  }

  /**
   * A sequence that came out.
   *
   * @param ids what was generated, end token included
   * @param score sum of log-probabilities / length^lengthPenalty
   * @param beamIndices the row that each token extended
   * @param reason why it ended; {@link FinishReason#CANCELLED} if the search was given up before. Where fewer sequences ended than were
   *     wanted, the rest of the places hold, as in transformers, what was next best at some step, perhaps nothing, with scores of -1e9 and
   *     less and the reason {@link FinishReason#LENGTH}
   */
  public record Hypothesis(int[] ids, float score, int[] beamIndices, FinishReason reason) {}

  private final Rules rules;
  private final StoppingCriterion stopping;
  private final @Nullable TokenDraw draw;
  private final int promptLength;
  private final List<Group> groups = new ArrayList<>();
  private List<TokenRow> rows = new ArrayList<>();
  private final int[] parents;
  private final int[] tokens;
  private final TorchTopK topK = new TorchTopK();
  private int length;
  private boolean done;

  /** One prompt's beams. */
  private static final class Group {
    TokenRow[] running;
    int[][] trails;
    final float[] runningScores;
    final List<Hypothesis> places = new ArrayList<>();
    final boolean[] finished;
    final float[] finishedScores;
    boolean canImprove = true;
    boolean allHit;

    Group(int beams, int batchIndex, int[] prompt) {
      running = new TokenRow[beams];
      trails = new int[beams][0];
      for (int i = 0; i < beams; i++) {
        running[i] = new TokenRow(batchIndex, prompt);
      }
      runningScores = new float[beams];
      Arrays.fill(runningScores, 1, beams, WORST);
      places.addAll(
          Collections.nCopies(
              beams, new Hypothesis(new int[0], WORST, new int[0], FinishReason.LENGTH)));
      finished = new boolean[beams];
      finishedScores = new float[beams];
      Arrays.fill(finishedScores, WORST);
    }

    boolean full() {
      return count() == finished.length;
    }

    int count() {
      int count = 0;
      for (boolean one : finished) {
        count += one ? 1 : 0;
      }
      return count;
    }
  }

  /**
   * @param rules the rules
   * @param prompts padded prompts, all of one length
   * @param stopping when a sequence is complete; must include the maximal length
   * @param draw draws the continuations instead of taking the best; may be null
   */
  public BeamSearch(
      Rules rules, int[][] prompts, StoppingCriterion stopping, @Nullable TokenDraw draw) {
    this.rules = rules;
    this.stopping = stopping;
    this.draw = draw;
    this.promptLength = prompts[0].length;
    this.length = promptLength;
    for (int b = 0; b < prompts.length; b++) {
      groups.add(new Group(rules.numBeams(), b, prompts[b]));
    }
    parents = new int[prompts.length * rules.numBeams()];
    tokens = new int[parents.length];
    collectRows();
  }

  private void collectRows() {
    List<TokenRow> all = new ArrayList<>();
    for (Group group : groups) {
      Collections.addAll(all, group.running);
    }
    rows = all;
  }

  /** The running sequences, {@code prompts * beams} rows. */
  public List<TokenRow> rows() {
    return rows;
  }

  /** For each row after a step, the row of the step before that it continues. */
  public int[] parents() {
    return parents;
  }

  /** The newest id of each row. */
  public int[] tokens() {
    return tokens;
  }

  /** Whether nothing better is to come. */
  public boolean isDone() {
    return done;
  }

  /**
   * Takes one step.
   *
   * @param logProbs processed log-probabilities, row after row; changed
   * @param vocabularySize length of a row
   */
  public void step(float[] logProbs, int vocabularySize) {
    int beams = rules.numBeams();
    for (int g = 0; g < groups.size(); g++) {
      stepGroup(g, logProbs, g * beams * vocabularySize, vocabularySize);
    }
    collectRows();
    length++;
    done = isFinished();
  }

  private void stepGroup(int g, float[] scores, int offset, int vocabularySize) {
    Group group = groups.get(g);
    int beams = rules.numBeams();
    int keep = Math.min(rules.beamsToKeep(), beams * vocabularySize);
    for (int beam = 0; beam < beams; beam++) {
      int start = offset + beam * vocabularySize;
      for (int i = 0; i < vocabularySize; i++) {
        scores[start + i] += group.runningScores[beam];
      }
    }
    int[] positions = new int[keep];
    float[] sums = new float[keep];
    if (draw == null) {
      topK.find(scores, offset, beams * vocabularySize, keep, positions);
    } else {
      draw.drawSeveral(scores, offset, beams * vocabularySize, positions);
    }
    for (int i = 0; i < keep; i++) {
      sums[i] = scores[offset + positions[i]];
    }
    @Nullable FinishReason[] hits = new @Nullable FinishReason[keep];
    group.allHit = true;
    for (int i = 0; i < keep; i++) {
      TokenRow parent = group.running[positions[i] / vocabularySize];
      parent.append(positions[i] % vocabularySize);
      hits[i] = stopping.check(parent);
      parent.truncate(length);
      group.allHit &= hits[i] != null;
    }
    updateFinished(group, g, positions, sums, hits, vocabularySize);
    goOn(group, g, positions, sums, hits, vocabularySize);
    group.canImprove &= mayImprove(group);
  }

  private void updateFinished(
      Group group,
      int g,
      int[] positions,
      float[] sums,
      @Nullable FinishReason[] hits,
      int vocabularySize) {
    int beams = rules.numBeams();
    boolean full = group.full() && rules.earlyStopping() == Setting.EarlyStopping.YES;
    float divisor = (float) Math.pow(length + 1 - promptLength, rules.lengthPenalty());
    float[] merged = Arrays.copyOf(group.finishedScores, beams + positions.length);
    for (int i = 0; i < positions.length; i++) {
      float score = sums[i] / divisor;
      score += full ? WORST : 0;
      score += group.canImprove ? 0 : WORST;
      merged[beams + i] = score + (hits[i] != null && i < beams ? 0 : WORST);
    }
    int[] best = new int[beams];
    topK.find(merged, 0, merged.length, beams, best);
    List<Hypothesis> places = new ArrayList<>(group.places);
    boolean[] finished = group.finished.clone();
    for (int place = 0; place < beams; place++) {
      int from = best[place];
      group.finishedScores[place] = merged[from];
      if (from < beams) {
        group.places.set(place, places.get(from));
        group.finished[place] = finished[from];
      } else {
        FinishReason hit = from < 2 * beams ? hits[from - beams] : null;
        FinishReason reason = hit == null ? FinishReason.LENGTH : hit;
        int position = positions[from - beams];
        group.places.set(
            place, hypothesis(group, g, position, merged[from], reason, vocabularySize));
        group.finished[place] = hit != null;
      }
    }
  }

  private Hypothesis hypothesis(
      Group group, int g, int position, float score, FinishReason reason, int vocabularySize) {
    int beam = position / vocabularySize;
    TokenRow parent = group.running[beam];
    int[] ids = Arrays.copyOf(parent.generated(), length - promptLength + 1);
    ids[ids.length - 1] = position % vocabularySize;
    int[] trail = Arrays.copyOf(group.trails[beam], ids.length);
    trail[ids.length - 1] = g * rules.numBeams() + beam;
    return new Hypothesis(ids, score, trail, reason);
  }

  private void goOn(
      Group group,
      int g,
      int[] positions,
      float[] sums,
      @Nullable FinishReason[] hits,
      int vocabularySize) {
    int beams = rules.numBeams();
    float[] open = new float[positions.length];
    for (int i = 0; i < open.length; i++) {
      open[i] = sums[i] + (hits[i] != null ? WORST : 0);
    }
    int[] best = new int[beams];
    topK.find(open, 0, open.length, beams, best);
    TokenRow[] next = new TokenRow[beams];
    int[][] trails = new int[beams][];
    for (int i = 0; i < beams; i++) {
      int position = positions[best[i]];
      int beam = position / vocabularySize;
      group.runningScores[i] = open[best[i]];
      TokenRow parent = group.running[beam];
      next[i] = TokenRow.of(parent.batchIndex(), promptLength, parent.toArray());
      next[i].append(position % vocabularySize);
      int row = g * beams + i;
      parents[row] = g * beams + beam;
      tokens[row] = position % vocabularySize;
      trails[i] = Arrays.copyOf(group.trails[beam], group.trails[beam].length + 1);
      trails[i][trails[i].length - 1] = parents[row];
    }
    group.running = next;
    group.trails = trails;
  }

  private boolean mayImprove(Group group) {
    boolean never = rules.earlyStopping() == Setting.EarlyStopping.NEVER;
    int bestLength =
        never && rules.lengthPenalty() > 0
            ? rules.maxLength() - promptLength
            : length + 1 - promptLength;
    float possible = group.runningScores[0] / (float) Math.pow(bestLength, rules.lengthPenalty());
    float worst = group.finishedScores[rules.numBeams() - 1];
    int ended = group.count();
    return ended < rules.numBeams() && possible > WORST || ended > 0 && possible > worst;
  }

  private boolean isFinished() {
    boolean improvement = false;
    boolean allFull = true;
    boolean allHit = true;
    for (Group group : groups) {
      improvement |= group.canImprove;
      allFull &= group.full();
      allHit &= group.allHit;
    }
    return !improvement || allFull && rules.earlyStopping() == Setting.EarlyStopping.YES || allHit;
  }

  /**
   * The best sequences of each prompt, best first, {@code numReturnSequences} a prompt. Before the search is done, running sequences fill the
   * places that no finished one has taken; their reason is {@link FinishReason#CANCELLED}.
   */
  public List<List<Hypothesis>> results() {
    List<List<Hypothesis>> results = new ArrayList<>();
    for (Group group : groups) {
      List<Hypothesis> best =
          done ? new ArrayList<>(group.places) : endedAndRunning(group, rules.numReturnSequences());
      results.add(
          new ArrayList<>(best.subList(0, Math.min(best.size(), rules.numReturnSequences()))));
    }
    return results;
  }

  private List<Hypothesis> endedAndRunning(Group group, int wanted) {
    List<Hypothesis> best = new ArrayList<>();
    for (int i = 0; i < rules.numBeams(); i++) {
      if (group.finished[i]) {
        best.add(group.places.get(i));
      }
    }
    float divisor = (float) Math.pow(Math.max(1, length - promptLength), rules.lengthPenalty());
    for (int i = 0; i < rules.numBeams() && best.size() < wanted; i++) {
      if (group.runningScores[i] == Float.NEGATIVE_INFINITY) {
        continue; // it holds a token that a processor forbids
      }
      best.add(
          new Hypothesis(
              group.running[i].generated(),
              group.runningScores[i] / divisor,
              group.trails[i],
              FinishReason.CANCELLED));
    }
    return best;
  }
}
