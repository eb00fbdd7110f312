package dev.sampo.embedding;

import dev.sampo.Timings;
import java.util.List;

/**
 * Vectors of texts.
 *
 * @param vectors one a text, in the order of the request; null for a text that cancelled work did not come to
 * @param timings where the time went; its steps are texts
 */
public record EmbeddingResult(List<float[]> vectors, Timings timings) {}
