/**
 * The mathematics of choosing tokens: logits processors, drawing, beam search, and stopping rules.
 *
 * <p>Enter at {@link dev.sampo.samplers.text.GenerationConfig} (the settings of {@code generation_config.json}),
 * {@link dev.sampo.samplers.text.processor.ProcessorChain} (the processors that such settings ask for, in transformers' order),
 * {@link dev.sampo.samplers.text.search.TokenSampler} and {@link dev.sampo.samplers.text.search.BeamSearch}; constrained output is in {@link dev.sampo.samplers.text.constraint}. Write your own rule by
 * implementing {@link dev.sampo.samplers.text.processor.LogitsProcessor} or {@link dev.sampo.samplers.text.stop.StoppingCriterion}.
 * Nothing here knows a model, a file or a tokenizer: scores are rows of a {@code float[]}, ids are {@code int}s.
 */
@NullMarked
package dev.sampo.samplers.text;

import org.jspecify.annotations.NullMarked;
