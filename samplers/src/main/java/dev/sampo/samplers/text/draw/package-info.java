/**
 * Arithmetic over rows of scores, and draws from them.
 *
 * <p>{@link dev.sampo.samplers.text.draw.TorchDraw} draws what {@code torch.multinomial} draws,
 * {@link dev.sampo.samplers.text.draw.FastDraw} draws from the same distribution faster. Write your own by implementing
 * {@link dev.sampo.samplers.text.draw.TokenDraw}.
 */
@NullMarked
package dev.sampo.samplers.text.draw;

import org.jspecify.annotations.NullMarked;
