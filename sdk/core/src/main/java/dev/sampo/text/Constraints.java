package dev.sampo.text;

import dev.sampo.samplers.text.constraint.Grammar;
import dev.sampo.samplers.text.constraint.TokenConstraint;
import dev.sampo.samplers.text.constraint.TokenTable;
import dev.sampo.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Grammars made ready for the vocabulary of one model; the last few are kept. Thread-safe. */
final class Constraints {
  private static final int KEPT = 8;

  private final int vocabularySize;
  private @Nullable TokenTable table;
  private final Map<List<Object>, TokenConstraint> ready =
      new LinkedHashMap<List<Object>, TokenConstraint>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<List<Object>, TokenConstraint> eldest) {
          return size() > KEPT;
        }
      };

  Constraints(int vocabularySize) {
    this.vocabularySize = vocabularySize;
  }

  synchronized TokenConstraint of(Grammar grammar, int[] eosTokenIds, Tokenizer tokenizer) {
    List<Object> key = new ArrayList<>();
    key.add(grammar);
    for (int id : eosTokenIds) {
      key.add(id);
    }
    TokenTable tokens = table;
    if (tokens == null) {
      byte[][] bytes = new byte[vocabularySize][];
      Map<String, Integer> special = new HashMap<>();
      for (int id = 0; id < bytes.length; id++) {
        bytes[id] = tokenizer.isSpecial(id) ? new byte[0] : tokenizer.tokenBytes(id);
        String name = tokenizer.isSpecial(id) ? tokenizer.idToToken(id) : null;
        if (name != null) {
          special.put(name, id);
        }
      }
      tokens = new TokenTable(bytes, special);
      table = tokens;
    }
    TokenTable known = tokens;
    return ready.computeIfAbsent(
        key, k -> new TokenConstraint(grammar, known, eosTokenIds, tokenizer.stripsFirstSpace()));
  }
}
