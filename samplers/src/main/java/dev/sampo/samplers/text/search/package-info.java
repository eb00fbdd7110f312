/**
 * Ways to choose tokens: one at a time ({@link dev.sampo.samplers.text.search.TokenSampler}), by beams
 * ({@link dev.sampo.samplers.text.search.BeamSearch}), by contrast with what stands already
 * ({@link dev.sampo.samplers.text.search.ContrastiveSearch}), and by guessing ahead from the prompt
 * ({@link dev.sampo.samplers.text.search.PromptLookup}).
 */
@NullMarked
package dev.sampo.samplers.text.search;

import org.jspecify.annotations.NullMarked;
