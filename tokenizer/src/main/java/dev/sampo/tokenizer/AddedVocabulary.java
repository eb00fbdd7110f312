package dev.sampo.tokenizer;

import dev.sampo.tokenizer.model.CharTrie;
import dev.sampo.tokenizer.model.Model;
import dev.sampo.tokenizer.normalizer.Normalizer;
import dev.sampo.tokenizer.text.AlignedText;
import dev.sampo.tokenizer.text.CodePointSet;
import dev.sampo.tokenizer.text.IntList;
import dev.sampo.tokenizer.text.Splits;
import dev.sampo.tokenizer.text.UnicodeTables;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tokens on top of the model's vocabulary: found in the text first, some in the original and some in the normalized text,
 * at each place the longest. Immutable and thread-safe.
 */
final class AddedVocabulary {
  /** Longer tokens are refused: each place of a text that looks like one costs its length. */
  private static final int MAX_TOKEN = 4096;

  private static final CodePointSet SPACE = UnicodeTables.set("whitespace_dropped");
  private static final CodePointSet WORD =
      SPACE.union(UnicodeTables.set("whitespace_not_word")).complement();

  private final Map<String, Integer> idByContent = new LinkedHashMap<>();
  private final Map<Integer, AddedToken> byId = new HashMap<>();
  private final Set<String> specials = new HashSet<>();
  private final Finder inOriginal;
  private final Finder inNormalized;
  private final @Nullable Normalizer normalizer;

  AddedVocabulary(List<AddedToken> tokens, Model model, @Nullable Normalizer normalizer) {
    this.normalizer = normalizer;
    for (AddedToken token : tokens) {
      if (token.special() && !token.content().isEmpty()) {
        specials.add(token.content());
      }
    }
    int modelSize = model.vocabulary().size();
    int max = -1;
    Set<AddedToken> seen = new HashSet<>();
    Map<String, AddedToken> ordered = new LinkedHashMap<>();
    for (AddedToken token : tokens) {
      AddedToken bare = withId(token, 0);
      if (token.content().isEmpty() || !seen.add(bare)) {
        continue;
      }
      if (token.content().length() > MAX_TOKEN) {
        throw new TokenizerException(
            "$.added_tokens: a token of "
                + token.content().length()
                + " characters; at most "
                + MAX_TOKEN);
      }
      int id = tokenToId(token.content(), model);
      if (id < 0) {
        // Ids in the file are only a hint: the reference counts on from the model's vocabulary.
        id = max >= modelSize || (modelSize == 0 && max >= 0) ? max + 1 : modelSize;
      }
      max = Math.max(max, id);
      idByContent.put(token.content(), id);
      byId.put(id, withId(token, id));
      ordered.put(token.content(), token);
    }
    inOriginal = new Finder();
    inNormalized = new Finder();
    for (AddedToken token : ordered.values()) {
      int id = idByContent.get(token.content());
      if (!token.normalized()) {
        inOriginal.add(token.content(), id);
        continue;
      }
      AlignedText content = new AlignedText(token.content());
      if (normalizer != null) {
        normalizer.normalize(content);
      }
      inNormalized.add(content.toString(), id);
    }
  }

  private static AddedToken withId(AddedToken t, int id) {
    return new AddedToken(
        id, t.content(), t.singleWord(), t.lstrip(), t.rstrip(), t.normalized(), t.special());
  }

  int tokenToId(String token, Model model) {
    Integer id = idByContent.get(token);
    return id != null ? id : model.tokenToId(token);
  }

  @Nullable String idToToken(int id) {
    AddedToken token = byId.get(id);
    return token == null ? null : token.content();
  }

  /** One more than the greatest id of an added token. */
  int idLimit() {
    int max = -1;
    for (int id : byId.keySet()) {
      max = Math.max(max, id);
    }
    return max + 1;
  }

  boolean isSpecial(String token) {
    return specials.contains(token);
  }

  /** All added tokens, by id. */
  List<AddedToken> tokens() {
    List<AddedToken> all = new ArrayList<>(byId.values());
    all.sort((a, b) -> Integer.compare(a.id(), b.id()));
    return Collections.unmodifiableList(all);
  }

  /** How many tokens there are that the model does not have. */
  int countBeyond(Model model) {
    int n = 0;
    for (String content : idByContent.keySet()) {
      n += model.tokenToId(content) < 0 ? 1 : 0;
    }
    return n;
  }

  /** Normalizes {@code text} and cuts it into added tokens and what is between them. */
  Splits extract(String text) {
    AlignedText whole = new AlignedText(text);
    IntList first = new IntList();
    inOriginal.find(whole.chars(), 0, whole.length(), first);
    if (first.size() == 3 && first.get(2) < 0) {
      // no token in the original text: all of it is one stretch
      if (normalizer != null) {
        normalizer.normalize(whole);
      }
      Splits splits = Splits.empty(whole);
      addNormalized(whole, 0, whole.length(), 0, splits);
      return splits;
    }
    if (normalizer == null) {
      Splits splits = Splits.empty(whole);
      for (int i = 0; i < first.size(); i += 3) {
        if (first.get(i + 2) >= 0) {
          splits.addPiece(first.get(i), first.get(i + 1), first.get(i + 2));
        } else {
          addNormalized(whole, first.get(i), first.get(i + 1), 0, splits);
        }
      }
      return splits;
    }
    return joined(text, whole, first, normalizer);
  }

  /** Normalizes each stretch by itself and puts them into one text. */
  private Splits joined(String text, AlignedText whole, IntList first, Normalizer n) {
    AlignedText.Builder out = new AlignedText.Builder(whole.length() + 16);
    List<AlignedText> stretches = new ArrayList<>();
    for (int i = 0; i < first.size(); i += 3) {
      AlignedText part = new AlignedText(text, first.get(i), first.get(i + 1));
      if (first.get(i + 2) < 0) {
        n.normalize(part);
      }
      stretches.add(part);
      out.copy(part, 0, part.length());
    }
    AlignedText all = new AlignedText("");
    out.moveTo(all);
    Splits splits = Splits.empty(all);
    int at = 0;
    for (int i = 0; i < first.size(); i += 3) {
      AlignedText part = stretches.get(i / 3);
      if (first.get(i + 2) >= 0) {
        splits.addPiece(at, at + part.length(), first.get(i + 2));
      } else {
        addNormalized(part, 0, part.length(), at, splits);
      }
      at += part.length();
    }
    return splits;
  }

  private void addNormalized(AlignedText part, int from, int to, int shift, Splits splits) {
    if (inNormalized.isEmpty()) {
      splits.addPiece(from + shift, to + shift, -1);
      return;
    }
    IntList found = new IntList();
    inNormalized.find(part.chars(), from, to, found);
    for (int i = 0; i < found.size(); i += 3) {
      splits.addPiece(found.get(i) + shift, found.get(i + 1) + shift, found.get(i + 2));
    }
  }

  /** Finds tokens by a trie; most places are dismissed by their first character. */
  private final class Finder {
    private final CharTrie trie = new CharTrie();
    private final Set<String> contents = new HashSet<>();
    private final long[] firsts = new long[1024];

    void add(String content, int id) {
      if (content.isEmpty() || !contents.add(content)) {
        return;
      }
      trie.put(content.toCharArray(), 0, content.length(), id);
      char c = content.charAt(0);
      firsts[c >> 6] |= 1L << c;
    }

    boolean isEmpty() {
      return contents.isEmpty();
    }

    /** Adds start, end and id (-1 for what is between tokens) of all parts of the text. */
    void find(char[] text, int from, int to, IntList out) {
      int startOffset = from;
      int i = from;
      if (!contents.isEmpty()) {
        while (i < to) {
          if ((firsts[text[i] >> 6] & (1L << text[i])) == 0) {
            i++;
            continue;
          }
          int end = longest(text, i, to);
          if (end < 0) {
            i++;
            continue;
          }
          startOffset = match(text, i, end, from, to, startOffset, out);
          i = end;
        }
      }
      if (startOffset != to || from == to) {
        part(out, startOffset, to, -1);
      }
    }

    private int longest(char[] text, int at, int to) {
      int node = 0;
      int end = -1;
      for (int i = at; i < to; i++) {
        node = trie.step(node, text[i]);
        if (node < 0) {
          break;
        }
        if (trie.value(node) >= 0) {
          end = i + 1;
        }
      }
      return end;
    }

    private int idOf(char[] text, int from, int to) {
      int node = 0;
      for (int i = from; i < to; i++) {
        node = trie.step(node, text[i]);
      }
      return trie.value(node);
    }

    private int match(
        char[] text, int matchStart, int matchEnd, int from, int to, int startOffset, IntList out) {
      int id = idOf(text, matchStart, matchEnd);
      AddedToken token = java.util.Objects.requireNonNull(byId.get(id));
      int start = matchStart;
      int stop = matchEnd;
      if (token.singleWord()
          && ((start > from && WORD.contains(Character.codePointBefore(text, start, from)))
              || (stop < to && WORD.contains(Character.codePointAt(text, stop, to))))) {
        return startOffset;
      }
      if (token.lstrip()) {
        while (start > from && SPACE.containsChar(text[start - 1])) {
          start--;
        }
        start = Math.max(start, startOffset);
      }
      if (token.rstrip()) {
        while (stop < to && SPACE.containsChar(text[stop])) {
          stop++;
        }
      }
      if (startOffset < start) {
        part(out, startOffset, start, -1);
      }
      part(out, start, stop, id);
      return stop;
    }

    private void part(IntList out, int start, int stop, int id) {
      out.add(start);
      out.add(stop);
      out.add(id);
    }
  }
}
