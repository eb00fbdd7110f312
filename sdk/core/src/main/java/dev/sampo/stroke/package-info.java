/**
 * Handwriting as strokes of a pen. Enter at {@link dev.sampo.stroke.HandwritingPipeline}.
 */
@NullMarked
package dev.sampo.stroke;

import org.jspecify.annotations.NullMarked;
