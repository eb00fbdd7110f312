/**
 * Pre-tokenizers: what cuts the text into pieces. Enter at {@link
 * dev.sampo.tokenizer.pretokenizer.PreTokenizer}.
 */
@NullMarked
package dev.sampo.tokenizer.pretokenizer;

import org.jspecify.annotations.NullMarked;
