/**
 * Decoders: what turns tokens back into text. Enter at {@link dev.sampo.tokenizer.decoder.Decoder}.
 */
@NullMarked
package dev.sampo.tokenizer.decoder;

import org.jspecify.annotations.NullMarked;
