/**
 * Measures the models that ship with what was kept back from their training: start at {@link dev.sampo.cli.quality.ModelQuality}. The
 * figures have the names and the definitions of the model cards, which the Python exporters wrote; both are to agree.
 */
@NullMarked
package dev.sampo.cli.quality;

import org.jspecify.annotations.NullMarked;
