/** Text to token ids and back, from a Hugging Face {@code tokenizer.json}. */
@NullMarked
package dev.sampo.tokenizer;

import org.jspecify.annotations.NullMarked;
