package dev.sampo.text;

import dev.sampo.tokenizer.Tokenizer;
import java.util.concurrent.atomic.AtomicReferenceArray;

/** The tokenizer of a model folder. */
final class TokenizerCodec implements TextCodec {
  private final Tokenizer tokenizer;
  private final AtomicReferenceArray<byte[]> bytes;
  private final boolean stripsFirstSpace;

  TokenizerCodec(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
    this.bytes = new AtomicReferenceArray<>(tokenizer.vocabularySize());
    this.stripsFirstSpace = findStripsFirstSpace();
  }

  private boolean findStripsFirstSpace() {
    for (int id = 0; id < bytes.length(); id++) {
      byte[] token = tokenizer.tokenBytes(id);
      if (token.length > 1 && token[0] == ' ' && token[1] > ' ') {
        return !tokenizer.decode(new int[] {id}, true).startsWith(" ");
      }
    }
    return false;
  }

  @Override
  public int[] encode(String text) {
    return tokenizer.encodeToIds(text, true);
  }

  @Override
  public String decode(int[] ids) {
    return tokenizer.decode(ids, true);
  }

  @Override
  public byte[] tokenBytes(int id) {
    if (id < 0 || id >= bytes.length()) {
      return tokenizer.tokenBytes(id);
    }
    byte[] known = bytes.get(id);
    if (known == null) {
      known = tokenizer.tokenBytes(id);
      bytes.set(id, known);
    }
    return known;
  }

  @Override
  public boolean isSpecial(int id) {
    return tokenizer.isSpecial(id);
  }

  @Override
  public boolean stripsFirstSpace() {
    return stripsFirstSpace;
  }
}
