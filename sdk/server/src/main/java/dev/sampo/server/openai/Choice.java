package dev.sampo.server.openai;

import dev.sampo.runtime.CancellationToken;
import dev.sampo.samplers.text.stop.FinishReason;
import dev.sampo.server.openai.ProbWatch.TokenProb;
import dev.sampo.text.AnswerText;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.GenerationResult;
import dev.sampo.text.TokenStep;
import dev.sampo.tokenizer.Tokenizer;
import dev.sampo.tokenizer.chat.ToolCall;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One of the texts that a request asked for: what comes of it piece by piece, and what it was in the end. */
final class Choice {
  private final int index;
  private final boolean countsPrompt;
  private final GenerationRequest request;
  private final @Nullable ProbWatch watch;
  private final StopCut cut;
  private final @Nullable AnswerText hold;
  private final StringBuilder settled = new StringBuilder();
  private final Tokenizer tokenizer;
  private final List<Part> pending = new ArrayList<>();
  private int rawLength;
  private int cutLength;
  private boolean said;
  private @Nullable GenerationResult result;

  /** Something happened to a choice, in the thread that generates. */
  record Event(
      Choice choice,
      @Nullable TokenStep step,
      @Nullable TokenProb prob,
      @Nullable GenerationResult result,
      @Nullable Throwable failure) {}

  /** A token with where its text begins. */
  private record Part(TokenProb prob, int start) {}

  /** What is settled: text, and the tokens that it is of. */
  record Piece(String text, List<TokenProb> probs) {
    boolean isEmpty() {
      return text.isEmpty() && probs.isEmpty();
    }
  }

  Choice(
      int index,
      GenerationRequest.Builder request,
      TextSettings settings,
      Tokenizer tokenizer,
      CancellationToken token,
      Consumer<Event> events) {
    this.index = index;
    this.countsPrompt = index % settings.choices() == 0;
    this.tokenizer = tokenizer;
    this.cut = new StopCut(settings.stops());
    this.hold =
        settings.chat()
            ? new AnswerText(Collections.emptyList(), settings.tools(), settled::append, null)
            : null;
    this.watch = settings.topLogProbs() < 0 ? null : new ProbWatch(settings.topLogProbs());
    if (watch != null) {
      request.processor(watch);
    }
    if (!settings.stops().isEmpty()) {
      request.stopping(new StopRule(settings.stops(), tokenizer));
    }
    this.request =
        request
            .seed(settings.seed() + index)
            .cancellation(token)
            .progress(
                step ->
                    events.accept(
                        new Event(
                            this,
                            step,
                            watch == null ? null : watch.chosen(step.tokenId()),
                            null,
                            null)))
            .build();
  }

  int index() {
    return index;
  }

  GenerationRequest request() {
    return request;
  }

  /** A token came; gives what is settled by it. */
  Piece take(TokenStep step, @Nullable TokenProb prob) {
    if (prob != null && !(step.last() && tokenizer.isSpecial(step.tokenId()))) {
      pending.add(new Part(prob, rawLength));
    }
    rawLength += step.text().length();
    String text = cut.add(step.text());
    cutLength += text.length();
    if (hold != null) {
      hold.add(text);
      text = takeSettled();
    }
    said |= !text.isEmpty();
    return new Piece(text, text.isEmpty() ? Collections.emptyList() : probs(cutLength));
  }

  /** It ended; gives what was held back. */
  Piece end(GenerationResult whole) {
    result = whole;
    String text = cut.finish();
    cutLength += text.length();
    if (hold != null) {
      hold.add(text);
      boolean called = !calls().isEmpty();
      hold.end(!called);
      text = takeSettled();
      String content = called && !said ? whole.message().content() : null;
      text = content == null ? text : content;
    }
    return new Piece(text, probs(cutLength + (cut.found() ? 0 : 1)));
  }

  private String takeSettled() {
    String text = settled.toString();
    settled.setLength(0);
    return text;
  }

  /** The tokens whose text begins before a place. */
  private List<TokenProb> probs(int end) {
    List<TokenProb> out = new ArrayList<>();
    int taken = 0;
    while (taken < pending.size() && pending.get(taken).start < end) {
      out.add(pending.get(taken++).prob);
    }
    pending.subList(0, taken).clear();
    return out;
  }

  /** The calls of tools in the answer; empty where there are none. */
  List<ToolCall> calls() {
    GenerationResult whole = result;
    return whole == null || hold == null || request.chat() == null || request.grammar() != null
        ? Collections.emptyList()
        : whole.message().toolCalls();
  }

  /** Why it ended, in OpenAI's words. */
  String finishReason() {
    if (!calls().isEmpty()) {
      return "tool_calls";
    }
    GenerationResult whole = result;
    FinishReason reason = whole == null ? FinishReason.LENGTH : whole.sequence().finishReason();
    return reason == FinishReason.LENGTH && !cut.found() ? "length" : "stop";
  }

  /** What came of it; null before its end. */
  @Nullable GenerationResult result() {
    return result;
  }

  /** Whether its prompt counts: several texts of one prompt are counted with it once. */
  boolean countsPrompt() {
    return countsPrompt;
  }

  int promptTokens() {
    return result == null ? 0 : result.prompts().get(0).ids().size();
  }

  int completionTokens() {
    return result == null ? 0 : result.sequence().ids().length;
  }
}
