/** Weights as they lie on disk: safetensors files, alone or in shards. Enter at {@link dev.sampo.export.weights.Weights}. */
@NullMarked
package dev.sampo.export.weights;

import org.jspecify.annotations.NullMarked;
