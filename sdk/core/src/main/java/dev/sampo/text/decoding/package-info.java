/**
 * What a model remembers of one generation, and how its graphs are stepped: {@link dev.sampo.text.decoding.TextModel} is a loaded model,
 * {@link dev.sampo.text.decoding.DecodingState} one generation of it. Not for applications, which enter at
 * {@code dev.sampo.text.TextGenerator}; knows no request and no strategy.
 */
@NullMarked
package dev.sampo.text.decoding;

import org.jspecify.annotations.NullMarked;
