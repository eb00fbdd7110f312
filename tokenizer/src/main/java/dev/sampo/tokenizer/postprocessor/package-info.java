/**
 * Post-processors: what adds special tokens around the sequences. Enter at {@link
 * dev.sampo.tokenizer.postprocessor.PostProcessor}.
 */
@NullMarked
package dev.sampo.tokenizer.postprocessor;

import org.jspecify.annotations.NullMarked;
