/**
 * Changes to the scores of the next token: penalties, forbidden and forced tokens, and filters such as top-k and top-p, with transformers' names and
 * semantics.
 *
 * <p>Enter at {@link dev.sampo.samplers.text.processor.ProcessorChain}, which builds what a {@link dev.sampo.samplers.text.GenerationConfig} asks for in
 * transformers' order. Write your own by implementing {@link dev.sampo.samplers.text.processor.LogitsProcessor}, or
 * {@link dev.sampo.samplers.text.processor.CandidateFilter} where only the scores matter.
 */
@NullMarked
package dev.sampo.samplers.text.processor;

import org.jspecify.annotations.NullMarked;
