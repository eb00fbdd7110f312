package dev.sampo.tokenizer.decoder;

import java.util.List;

/** Turns tokens into text: the parts that come out are put one after the other. Stateless and thread-safe. */
public interface Decoder {
  /** The parts that {@code tokens} become. */
  List<String> decode(List<String> tokens);
}
