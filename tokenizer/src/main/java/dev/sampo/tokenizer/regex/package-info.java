/**
 * Regular expressions in Oniguruma's Ruby syntax, with bounded work. Enter at {@link dev.sampo.tokenizer.regex.Regex}.
 */
@NullMarked
package dev.sampo.tokenizer.regex;

import org.jspecify.annotations.NullMarked;
