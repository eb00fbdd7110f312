/**
 * Normalizers: what changes the text before it is split. Enter at {@link
 * dev.sampo.tokenizer.normalizer.Normalizer}.
 */
@NullMarked
package dev.sampo.tokenizer.normalizer;

import org.jspecify.annotations.NullMarked;
