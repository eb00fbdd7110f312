/**
 * Tunes in ABC notation: written by a language model with bars that add up ({@link dev.sampo.tune.TuneComposer}), read, and played on
 * plucked strings. Enter at {@link dev.sampo.tune.TuneComposer} or {@link dev.sampo.tune.Tune}.
 */
@NullMarked
package dev.sampo.tune;

import org.jspecify.annotations.NullMarked;
