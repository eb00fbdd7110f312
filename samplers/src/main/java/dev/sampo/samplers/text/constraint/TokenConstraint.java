package dev.sampo.samplers.text.constraint;

import dev.sampo.error.RequestException;
import dev.sampo.samplers.text.TokenSequence;
import dev.sampo.samplers.text.processor.LogitsProcessor;
import dev.sampo.samplers.text.stop.FinishReason;
import dev.sampo.samplers.text.stop.StoppingCriterion;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A grammar over a vocabulary: which tokens may come next. Shared by threads and generations; {@link #processor} gives what goes into one.
 *
 * <p>The text so far leads to a state of the grammar's automaton; the tokens that go on from it are found by walking a trie of the vocabulary once,
 * and kept as a bit mask with the state. So a token costs its bytes and a pass over the row, once the states have been seen. Towards the end of the
 * length only tokens are allowed that leave enough room to finish (one byte counted as one token), so the text is complete when the length is
 * reached, provided that there was room for it at all.
 *
 * <p>Willard and Louf 2023, arXiv:2307.09702, with a stack for recursion.
 */
public final class TokenConstraint {
  private static final long MAX_MASK_BYTES = 256L << 20;

  private final GrammarAutomaton automaton;
  private final TokenTable table;
  private final int[] eosTokenIds;
  private final AtomicLong maskBytes = new AtomicLong();
  private final AtomicInteger maskEpoch = new AtomicInteger();

  /** Allowed tokens, a bit each; how many; and the largest distance to an end that any of them leaves. */
  private record Mask(long[] bits, int count, int farthest) {}

  /**
   * @param grammar what may be generated
   * @param table the vocabulary
   * @param eosTokenIds end tokens; allowed when the text is complete
   * @param skipFirstSpace whether the vocabulary writes a space before the first word that decoding takes away again
   * @throws GrammarException if no text of the grammar can be written with the vocabulary, or it is too large or too ambiguous
   */
  public TokenConstraint(
      Grammar grammar, TokenTable table, int[] eosTokenIds, boolean skipFirstSpace) {
    this.automaton =
        GrammarAutomaton.of(grammar, skipFirstSpace, table.writableBytes(), table::named);
    this.table = table;
    if (automaton.start().distance() >= GrammarAutomaton.FAR) {
      throw new GrammarException(
          "No text of the grammar can be written with this vocabulary: characters that it needs are"
              + " in no token.");
    }
    for (int id : eosTokenIds) {
      if (id < 0) {
        throw new RequestException(
            null, "A token id of eos_token_id must not be negative (got " + id + ").");
      }
    }
    this.eosTokenIds = eosTokenIds.clone();
  }

  /**
   * A processor for one generation.
   *
   * @param maxLength most ids of a sequence, prompt included
   */
  public LogitsProcessor processor(int maxLength) {
    return (ids, scores, offset, length) -> restrict(ids, scores, offset, length, maxLength);
  }

  /** A rule that ends a sequence when nothing can be added to its text; only where there is no end token that would say so. */
  public StoppingCriterion completion() {
    if (eosTokenIds.length > 0) {
      return ids -> null;
    }
    return ids -> {
      GrammarAutomaton.State state = stateAfter(ids);
      boolean complete = state != null && state.accepts() && mask(state).count() == 0;
      return complete ? FinishReason.STOP : null;
    };
  }

  private GrammarAutomaton.@Nullable State stateAfter(TokenSequence ids) {
    GrammarAutomaton.State state = automaton.start();
    for (int i = ids.promptLength(); i < ids.length(); i++) {
      int id = ids.id(i);
      byte[] bytes = table.bytes(id);
      state = automaton.afterToken(state, id, bytes, bytes.length > 0);
      if (state == null) {
        return null;
      }
    }
    return state;
  }

  private void restrict(TokenSequence ids, float[] scores, int offset, int length, int maxLength) {
    automaton.refill();
    GrammarAutomaton.State state = stateAfter(ids);
    if (state == null) {
      // A beam with a token that was forbidden: it has score minus infinity already and stays so.
      Arrays.fill(scores, offset, offset + length, Float.NEGATIVE_INFINITY);
      return;
    }
    Mask mask = mask(state);
    int left = maxLength - ids.length() - 1;
    if (mask.farthest() > left) {
      Mask near = walk(state, left);
      boolean end = state.accepts();
      mask = near.count() > 0 || end ? near : mask;
    }
    float[] ends = new float[eosTokenIds.length];
    for (int i = 0; i < ends.length; i++) {
      ends[i] = scores[offset + eosTokenIds[i]];
    }
    apply(mask, scores, offset, length);
    for (int i = 0; i < ends.length; i++) {
      scores[offset + eosTokenIds[i]] = state.accepts() ? ends[i] : Float.NEGATIVE_INFINITY;
    }
  }

  private static void apply(Mask mask, float[] scores, int offset, int length) {
    long[] bits = mask.bits();
    for (int w = 0; w < bits.length; w++) {
      int start = w << 6;
      int end = Math.min(length, start + 64);
      long word = bits[w];
      if (word == 0) {
        Arrays.fill(scores, offset + start, offset + end, Float.NEGATIVE_INFINITY);
      } else if (word != -1L) {
        for (long gone = ~word; gone != 0; gone &= gone - 1) {
          int i = start + Long.numberOfTrailingZeros(gone);
          if (i < end) {
            scores[offset + i] = Float.NEGATIVE_INFINITY;
          }
        }
      }
    }
    for (int i = bits.length << 6; i < length; i++) {
      scores[offset + i] = Float.NEGATIVE_INFINITY;
    }
  }

  private Mask mask(GrammarAutomaton.State state) {
    Object known = state.mask;
    if (known != null) {
      return (Mask) known;
    }
    Mask mask = walk(state, GrammarAutomaton.FAR);
    if (maskEpoch.getAndSet(automaton.epoch()) != automaton.epoch()) {
      maskBytes.set(0);
    }
    if (maskBytes.addAndGet(8L * mask.bits().length) <= MAX_MASK_BYTES) {
      state.mask = mask;
    }
    return mask;
  }

  /** All tokens after which at most {@code limit} bytes are needed to the end. */
  private Mask walk(GrammarAutomaton.State state, int limit) {
    long[] bits = new long[(table.size() + 63) >> 6];
    int[] found = new int[2];
    descend(0, state, limit, bits, found);
    if (state.waitsForTokens()) {
      tokens(state, limit, bits, found);
    }
    return new Mask(bits, found[0], found[1]);
  }

  /** Tokens that the grammar asks for as a whole. */
  private void tokens(GrammarAutomaton.State state, int limit, long[] bits, int[] found) {
    java.util.Set<Integer> named = state.namedTokens();
    for (int id : named) {
      if (id < table.size()) {
        byte[] bytes = table.bytes(id);
        allow(id, automaton.afterToken(state, id, bytes, bytes.length > 0), limit, bits, found);
      }
    }
    byte[] none = new byte[0];
    GrammarAutomaton.State other =
        automaton.afterToken(state, GrammarAutomaton.OTHER_TOKEN, none, true);
    for (int id = 0; id < table.size() && other != null; id++) {
      if (table.bytes(id).length > 0 && !named.contains(id)) {
        allow(id, other, limit, bits, found);
      }
    }
  }

  private static void allow(
      int id, GrammarAutomaton.@Nullable State next, int limit, long[] bits, int[] found) {
    boolean near =
        next != null && next.distance() <= limit && next.distance() < GrammarAutomaton.FAR;
    if (near && (bits[id >> 6] >>> (id & 63) & 1) == 0) {
      bits[id >> 6] |= 1L << (id & 63);
      found[0]++;
      found[1] = Math.max(found[1], next.distance());
    }
  }

  private void descend(
      int node, GrammarAutomaton.State state, int limit, long[] bits, int[] found) {
    int end = table.endOfChildren(node);
    for (int child = table.firstChild(node); child < end; child++) {
      GrammarAutomaton.State next = automaton.next(state, table.label(child));
      if (next == null) {
        continue;
      }
      if (next.distance() <= limit && next.distance() < GrammarAutomaton.FAR) {
        for (int t = table.firstToken(child); t < table.endOfTokens(child); t++) {
          int id = table.token(t);
          bits[id >> 6] |= 1L << (id & 63);
          found[0]++;
          found[1] = Math.max(found[1], next.distance());
        }
      }
      descend(child, next, limit, bits, found);
    }
  }
}
