/**
 * Text generation and scoring with a model folder. Enter at {@link dev.sampo.text.TextGenerator}; a
 * {@link dev.sampo.text.GenerationRequest} says what is wanted, a {@link dev.sampo.text.GenerationResult} what came out.
 */
@NullMarked
package dev.sampo.text;

import org.jspecify.annotations.NullMarked;
