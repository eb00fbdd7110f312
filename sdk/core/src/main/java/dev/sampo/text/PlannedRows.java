package dev.sampo.text;

import dev.sampo.error.CancelledException;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.samplers.text.Setting;
import dev.sampo.text.decoding.RowGroup;
import java.util.Arrays;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A {@link SampleLoop} whose scores come from a scheduler's steps. */
final class PlannedRows implements RowGroup<GenerationResult> {
  private final SampleLoop loop;
  private final Function<LoopResult, GenerationResult> finish;
  private final int vocabularySize;
  private float[] scores = new float[0];
  private long loopBegin;

  /** @param finish makes a result of what the loop leaves; throws it as a part if the loop was given up */
  PlannedRows(SampleLoop loop, Function<LoopResult, GenerationResult> finish) {
    this.loop = loop;
    this.finish = finish;
    this.vocabularySize = loop.plan().model().vocabularySize();
  }

  /** The loop of a plan whose rows need nothing but scores; null for any other. */
  static @Nullable SampleLoop loop(GenerationPlan plan, int maxRows) {
    DecodingLoop loop = Strategies.of(plan);
    GenerationConfig config = plan.config();
    Double scale = config.find(Setting.GUIDANCE_SCALE);
    boolean guided = scale != null && scale != 1;
    if (!(loop instanceof SampleLoop)
        || guided
        || plan.request().promptCache() != null
        || !plan.useCache()) {
      return null;
    }
    int rows = ((SampleLoop) loop).rowCount();
    // Scores of rows that ended are told too, and only a loop of its own goes on feeding those.
    boolean tells = config.get(Setting.OUTPUT_SCORES) || config.get(Setting.OUTPUT_LOGITS);
    boolean fits = rows <= maxRows && plan.maxLength() <= plan.model().maxRowLength();
    return fits && !(tells && rows > 1) ? (SampleLoop) loop : null;
  }

  @Override
  public int[][] prompts() {
    return loop.plan().prompts();
  }

  @Override
  public int[] ids(int row) {
    int[] prompt = prompts()[row / copies()];
    int[] generated = loop.generated(row);
    int[] all = Arrays.copyOf(prompt, prompt.length + generated.length);
    System.arraycopy(generated, 0, all, prompt.length, generated.length);
    return all;
  }

  @Override
  public int copies() {
    return loop.rowCount() / loop.plan().rows();
  }

  @Override
  public int maxLength() {
    return loop.plan().maxLength();
  }

  @Override
  public CancellationToken token() {
    return loop.plan().token();
  }

  @Override
  public long now() {
    return loop.log().now();
  }

  @Override
  public void promptsRead(long begin) {
    loopBegin = loop.log().prefilled(begin);
  }

  @Override
  public float[] scores() {
    if (scores.length == 0) { // not before its turn: many may wait
      scores = new float[loop.rowCount() * vocabularySize];
    }
    return scores;
  }

  @Override
  public int[] step() {
    return loop.choose(scores(), vocabularySize);
  }

  @Override
  public boolean hasEnded(int row) {
    return loop.hasEnded(row);
  }

  @Override
  public boolean isDone() {
    return loop.isDone();
  }

  @Override
  public GenerationResult result() {
    return finish(null);
  }

  private GenerationResult finish(@Nullable CancelledException cancelled) {
    if (loopBegin != 0) {
      loop.log().looped(loopBegin);
      loopBegin = 0;
    }
    return finish.apply(loop.soFar(cancelled));
  }

  @Override
  public CancelledException cancelled(CancelledException cause) {
    try {
      GenerationResult never = finish(cause);
      throw new IllegalStateException("No part of a cancelled generation: " + never);
    } catch (CancelledException e) {
      return e;
    }
  }
}
