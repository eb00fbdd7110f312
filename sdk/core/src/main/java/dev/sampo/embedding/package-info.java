/**
 * Encoders: vectors of texts ({@link dev.sampo.embedding.TextEncoder}), of texts and pictures in one space ({@link
 * dev.sampo.embedding.ClipModel}), and words for gaps ({@link dev.sampo.embedding.FillMask}).
 */
@NullMarked
package dev.sampo.embedding;

import org.jspecify.annotations.NullMarked;
