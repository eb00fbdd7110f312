package dev.sampo.tune;

import dev.sampo.error.CancelledException;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.samplers.text.Setting;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.GenerationResult;
import dev.sampo.text.TextGenerator;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * Has a language model of ABC notation write tunes whose bars add up: the prompt is the tune's head (dance, meter, unit, key), and the grammar
 * of {@link TuneGrammar} leaves open only what fits (Eck and Schmidhuber 2002, and Sturm et al. 2016, arXiv:1604.08723, let recurrent nets
 * write tunes; the grammar is ours). The model stays the caller's.
 *
 * <pre>{@code
 * try (TextGenerator model = TextGenerator.open(Paths.get("models/tunes-lstm"))) {
 *   TuneResult result = TuneComposer.with(model).compose(TuneRequest.builder().dance(Dance.REEL).key("D").build());
 *   PluckedStrings.play(result.tune(0)).write(Paths.get("reel.wav"));
 * }
 * }</pre>
 */
public final class TuneComposer {
  /** Signs after which a tune without grammar ends anyhow. */
  private static final int MOST_SIGNS = 600;

  /** Signs of a bar at most: a note and a space an eighth, and the bar line. */
  private static final int SIGNS_AN_EIGHTH = 3;

  private final TextGenerator model;

  private TuneComposer(TextGenerator model) {
    this.model = model;
  }

  /** A composer over an opened model. */
  public static TuneComposer with(TextGenerator model) {
    return new TuneComposer(Objects.requireNonNull(model));
  }

  /**
   * Writes.
   *
   * @throws dev.sampo.error.RequestException when the request does not go with the model
   * @throws CancelledException when cancelled; its partial is a {@link TuneResult} of what was written by then
   */
  public TuneResult compose(TuneRequest request) {
    String head =
        "R:"
            + request.dance().label()
            + "\nM:"
            + request.dance().meter()
            + "\nL:1/8\nK:"
            + request.key()
            + "\n";
    int[] prompt = prompt(head);
    GenerationRequest.Builder text =
        GenerationRequest.builder()
            .config(config(request))
            .seed(request.seed())
            .cancellation(request.cancellation());
    for (int i = 0; i < request.count(); i++) {
      text.promptIds(prompt);
    }
    if (request.grammar()) {
      text.grammar(TuneGrammar.of(request.dance(), request.parts(), request.bars()));
    }
    if (request.progress() != null) {
      text.progress(request.progress()::onStep);
    }
    try {
      return result(request, head, model.generate(text.build()));
    } catch (CancelledException e) {
      GenerationResult partial = e.partial(GenerationResult.class);
      throw new CancelledException(
          "Cancelled while a tune was written.",
          e,
          partial == null ? null : result(request, head, partial));
    }
  }

  private static GenerationConfig config(TuneRequest request) {
    int eighths = request.dance().meter().barTicks() * 8 / Tune.TICKS_PER_WHOLE;
    int most = request.parts() * (request.bars() * (SIGNS_AN_EIGHTH * eighths + 3) + 4) + 1;
    return GenerationConfig.builder()
        .doSample(true)
        .temperature(request.temperature())
        .topK(0)
        .topP(request.topP())
        .maxNewTokens(request.grammar() ? most : MOST_SIGNS)
        .build();
  }

  /** The head's ids, behind the token that a tune of this model begins with. */
  private int[] prompt(String head) {
    int[] ids = model.encode(head);
    Integer bos = model.generationConfig().find(Setting.BOS_TOKEN_ID);
    if (bos == null || ids.length > 0 && ids[0] == bos) {
      return ids;
    }
    int[] begun = new int[ids.length + 1];
    begun[0] = bos;
    System.arraycopy(ids, 0, begun, 1, ids.length);
    return begun;
  }

  private static TuneResult result(TuneRequest request, String head, GenerationResult text) {
    List<String> tunes = new ArrayList<>();
    for (GenerationResult.PromptResult prompt : text.prompts()) {
      int number = tunes.size() + 1;
      String name = request.dance().label();
      String title =
          name.substring(0, 1).toUpperCase(Locale.ROOT)
              + name.substring(1)
              + " in "
              + request.key();
      tunes.add("X:" + number + "\nT:" + title + "\n" + head + prompt.sequences().get(0).text());
    }
    return new TuneResult(tunes, Objects.requireNonNull(text.seed(), "drawn"), text.timings());
  }
}
