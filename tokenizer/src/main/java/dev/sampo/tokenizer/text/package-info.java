/**
 * Text as the components see it: characters with their alignment to the original, splits of it, and the
 * character tables of the reference.
 */
@NullMarked
package dev.sampo.tokenizer.text;

import org.jspecify.annotations.NullMarked;
