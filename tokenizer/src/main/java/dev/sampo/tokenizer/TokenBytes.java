package dev.sampo.tokenizer;

import dev.sampo.tokenizer.decoder.Decoder;
import dev.sampo.tokenizer.decoder.Decoders;
import dev.sampo.tokenizer.text.Utf8;
import java.util.Arrays;
import java.util.Collections;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** The bytes that each token adds to a text, found out once each. Thread-safe. */
final class TokenBytes {
  private static final byte[] NONE = new byte[0];

  private final @Nullable Decoder decoder;
  private final IntFunction<@Nullable String> names;
  private final IntPredicate isAdded;
  private final AtomicReferenceArray<byte[]> known;

  TokenBytes(
      @Nullable Decoder decoder,
      IntFunction<@Nullable String> names,
      IntPredicate isAdded,
      int kept) {
    this.decoder = decoder;
    this.names = names;
    this.isAdded = isAdded;
    this.known = new AtomicReferenceArray<>(kept);
  }

  byte[] of(int id) {
    if (id < 0 || id >= known.length()) {
      return find(id);
    }
    byte[] bytes = known.get(id);
    if (bytes == null) {
      bytes = find(id);
      known.set(id, bytes);
    }
    return bytes;
  }

  private byte[] find(int id) {
    String token = names.apply(id);
    if (token == null) {
      return NONE;
    }
    if (decoder == null) {
      return Utf8.encode(token);
    }
    if (!isAdded.test(id)) {
      if (Decoders.isByteLevel(decoder)) {
        return Decoders.bytes(token);
      }
      int b = Decoders.fallbackByte(token);
      // a run that is not valid UTF-8 shows that the decoder takes such tokens as bytes
      if (b >= 0
          && !String.join("", decoder.decode(Collections.singletonList("<0xFF>")))
              .equals("<0xFF>")) {
        return new byte[] {(byte) b};
      }
    }
    String before = String.join("", decoder.decode(Collections.singletonList("a")));
    String both = String.join("", decoder.decode(Arrays.asList("a", token)));
    return Utf8.encode(both.startsWith(before) ? both.substring(before.length()) : both);
  }

  /** The first token whose bytes begin with a space and go on, or -1: it shows what decoding does with the first space. */
  int spaced() {
    for (int id = 0; id < known.length(); id++) {
      byte[] token = of(id);
      if (token.length > 1 && token[0] == ' ' && token[1] > ' ') {
        return id;
      }
    }
    return -1;
  }
}
